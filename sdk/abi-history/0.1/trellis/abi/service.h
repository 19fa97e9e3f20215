/* Services: they answer requests, whichever protocol carried them. */
#ifndef TRELLIS_ABI_SERVICE_H
#define TRELLIS_ABI_SERVICE_H

#include <trellis/abi/base.h>
#include <trellis/abi/identity.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A request; borrowed for the call. Header names are lower case. */
typedef struct trellis_request {
  uint32_t struct_size;
  uint32_t header_count;
  trellis_view method; /* "GET" */
  trellis_view path;   /* below the mount point, percent-decoded, begins with '/' */
  trellis_view query;  /* after '?', as sent */
  const trellis_pair *headers;
  trellis_view body;
  trellis_view mount; /* where the service is mounted: "/metrics" */
  trellis_view peer;
  uint32_t name_space;      /* index of the namespace table */
  trellis_view host;        /* the name the client asked, without a port; empty where it told none */
  trellis_view tls_version; /* TRELLIS_FACT_TLS_VERSION of its connection; empty where nobody encrypts */
} trellis_request;

/* An answer; borrowed for the call. */
typedef struct trellis_response {
  uint32_t struct_size;
  uint32_t status; /* HTTP status code */
  const trellis_pair *headers;
  uint32_t header_count;
  trellis_view body;
} trellis_response;

#define TRELLIS_SERVICE "trellis.service/1"
typedef struct trellis_service {
  uint32_t struct_size;
  /* Answers through the host's respond(), now or later; not answering within 30 s, or what extend()
   * said, makes the kernel answer 503.
   * [shard, running] */
  void (*on_request)(void *shard, const trellis_request *request, trellis_token token);
} trellis_service;

#define TRELLIS_HOST_SERVICE "trellis.host.service/1"
typedef struct trellis_host_service {
  uint32_t struct_size;
  /* For services: answers a request. False when it is no longer waited for.
   * [any] */
  bool (*respond)(trellis_host *host, trellis_token token, const trellis_response *response);
  /* For protocols: finds the service mounted at the longest prefix of request->path on the connection's listener
   * and asks it; the answer comes through on_response, possibly before this returns. Not found is answered the same
   * way, with 404. request->mount, peer, name_space and tls_version are filled in by the kernel: where no layer knew
   * the host and none encrypts, request->host chooses the namespace; elsewhere a host of another namespace is answered
   * with 421. Whom the namespace does not admit is answered with 403.
   * [shard, running] */
  void (*dispatch)(trellis_connection *connection, const trellis_request *request, void *request_user);
  /* For services that answer late: the request is waited for that long from now on, in place of 30 s since it came.
   * False when it is no longer waited for: its client has gone.
   * [shard, running] the one that was asked */
  bool (*extend)(trellis_host *host, trellis_token token, uint64_t deadline_ms);
} trellis_host_service;

#ifdef __cplusplus
}
#endif
#endif

/* Services: they answer requests, whichever protocol carried them. */
#ifndef TRELLIS_ABI_SERVICE_H
#define TRELLIS_ABI_SERVICE_H

#include <trellis/abi/base.h>
#include <trellis/abi/identity.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A request beyond the call that brought it, of the protocol it came by. Only keep() makes it last: until on_over()
 * returned, or release(), or end(). */
typedef struct trellis_exchange trellis_exchange;

enum {
  TRELLIS_EXCHANGE_OCCUPIED = 1u << 0 /* the connection is that of another client's stream: this one needs its own */
};

/* Who keeps an exchange. All are called on the shard of the request. */
typedef struct trellis_exchange_user {
  uint32_t struct_size;
  uint32_t reserved;
  /* The answer to authenticate(), perhaps within it: TRELLIS_AUTH_ALLOW, or DENY. With ALLOW the connection has the
   * client's identity until this returns; with DENY it is null. flags: TRELLIS_EXCHANGE_…
   * [shard, running] */
  void (*on_authenticated)(void *user, trellis_connection *connection, const trellis_auth_answer *answer,
                           uint32_t flags);
  /* The broker stops, or the listener was removed: a stream is to end soon.
   * [shard, draining] */
  void (*on_drain)(void *user);
  /* It is over: its client has gone, or it was answered without release(). The exchange is void when this returns.
   * Perhaps within write().
   * [shard] */
  void (*on_over)(void *user);
} trellis_exchange_user;

/* What a protocol can do with requests beyond one answer to each. All functions: [shard, running] that of the request;
 * none may be called within write() or end() of another exchange. */
typedef struct trellis_exchanges {
  uint32_t struct_size;
  uint32_t reserved;
  /* Within on_request only, before it is answered: answers the exchange that lasts, whose user is told by `table`,
   * which lives as long as the plugin. */
  trellis_exchange *(*keep)(trellis_exchange *exchange, const trellis_exchange_user *table, void *user);
  /* The exchange is void, and nobody is told anything any more. respond() still answers, once. */
  void (*release)(trellis_exchange *exchange);
  /* Asks the namespace's authenticators about the request's client. One question at a time per exchange; those of one
   * connection are asked in turn. The credentials are copied where they wait. */
  void (*authenticate)(trellis_exchange *exchange, const trellis_credentials *credentials);
  /* The respond() that follows at once begins a stream: its status and headers are sent, its body is the first piece,
   * and the exchange lasts. Begun within on_authenticated it makes the connection that client's for as long. */
  void (*stream)(trellis_exchange *exchange);
  /* The next piece of a stream; copied. */
  void (*write)(trellis_exchange *exchange, trellis_view piece);
  /* Bytes of a stream that the network has not taken yet, with what others of the connection left. Nobody bounds them
   * but the exchange's user. */
  size_t (*unsent)(const trellis_exchange *exchange);
  /* No piece follows. The exchange is void. */
  void (*end)(trellis_exchange *exchange);
} trellis_exchanges;

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
  uint32_t name_space;                /* index of the namespace table */
  trellis_view host;                  /* the name the client asked, without a port; empty where it told none */
  trellis_view tls_version;           /* TRELLIS_FACT_TLS_VERSION of its connection; empty where nobody encrypts */
  const trellis_exchanges *exchanges; /* of its protocol; null: it can do nothing but be answered */
  trellis_exchange *exchange;         /* for those */
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

/* Connections from here to others. The kernel resolves names, keeps the configuration's rules on addresses, connects
 * and puts layers on the connection; the plugin speaks on it through a protocol table of its own. */
#ifndef TRELLIS_ABI_DIAL_H
#define TRELLIS_ABI_DIAL_H

#include <trellis/abi/base.h>
#include <trellis/abi/connection.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where to. Views live for the call. */
typedef struct trellis_dial_target {
  uint32_t struct_size;
  uint32_t flags;      /* TRELLIS_DIAL_… */
  trellis_view host;   /* a name, or a numeric address without brackets */
  uint32_t port;       /* 1 … 65535 */
  uint32_t timeout_ms; /* until on_open, name look-up and the layers' handshakes included; 0: the configuration's */
  trellis_view layer;  /* the instance that encrypts, as the configuration names it; empty: "outbound"."tls" */
  trellis_view alpn;   /* protocols to offer by ALPN, best first, with commas between: "h2,http/1.1"; empty: what the
                        * layer offers by itself. The peer's choice is TRELLIS_FACT_TLS_ALPN; a layer need not know how
                        * to offer, and there is none then */
} trellis_dial_target;
enum {
  TRELLIS_DIAL_SECURE = 1u << 0 /* encrypted, and the peer proves that it is `host` */
};

/* Why there is no connection. */
enum {
  TRELLIS_DIAL_NAME = 1,      /* the name has no address, or the name servers do not answer */
  TRELLIS_DIAL_FORBIDDEN = 2, /* the configuration's rules do not allow the address */
  TRELLIS_DIAL_CONNECT = 3,   /* nobody answers at any address */
  TRELLIS_DIAL_LAYER = 4,     /* a layer gave up: no tunnel, or a certificate that does not prove the name */
  TRELLIS_DIAL_TIMEOUT = 5,   /* timeout_ms is over */
  TRELLIS_DIAL_LIMIT = 6,     /* the configuration's "outbound"."connections" are open */
  TRELLIS_DIAL_SETTINGS = 7,  /* the target or the configuration cannot work: what is wrong is said */
  TRELLIS_DIAL_STOPPED = 8    /* the plugin or the broker stops: nothing is dialled any more */
};

/* No connection came about. reason is TRELLIS_DIAL_…; text says what was tried and what went wrong, and lives for the
 * call. Never called from within dial(). [shard] */
typedef void (*trellis_dial_failed_fn)(void *user, uint32_t reason, trellis_view text);

/* What was found under a name: status is TRELLIS_OK, TRELLIS_NO_MATCH (no such record) or TRELLIS_UNAVAILABLE (the
 * name servers do not answer). Views live for the call. Never called from within lookup_texts(). [shard] */
typedef void (*trellis_texts_fn)(void *user, trellis_status status, const trellis_view *texts, uint32_t count);

#define TRELLIS_HOST_DIAL "trellis.host.dial/1"
typedef struct trellis_host_dial {
  uint32_t struct_size;
  /* Dials. Then either failed(user, …) is called, or protocol->on_open(user, connection) once the connection is there
   * and its layers have agreed; from then on it is a connection like any other, with `user` as the `shard` of every
   * protocol call, until on_close. move() is not for it. protocol and user must live until failed, on_close, or
   * cancel() that answered true. Connections of an instance are closed before its shard states are. Answers 0,
   * and nothing will be called, from when the plugin was told that it stops (TRELLIS_DIAL_STOPPED, or the end of a
   * connection with TRELLIS_CLOSE_SHUTDOWN).
   * [shard, running] */
  trellis_token (*dial)(trellis_host *host, trellis_shard *shard, const trellis_dial_target *target,
                        const trellis_protocol *protocol, void *user, trellis_dial_failed_fn failed);
  /* True when on_open, failed or the answer to lookup_texts() had not been called and now never will be.
   * [shard] */
  bool (*cancel)(trellis_shard *shard, trellis_token token);
  /* The TXT records of a domain name; the name servers are asked each time. Answers 0 where dial() does.
   * [shard, running] */
  trellis_token (*lookup_texts)(trellis_host *host, trellis_shard *shard, trellis_view name, void *user,
                                trellis_texts_fn answer);
} trellis_host_dial;

#ifdef __cplusplus
}
#endif
#endif

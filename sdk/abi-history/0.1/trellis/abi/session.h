/* Sessions: who is connected, told to a plugin that wants to know. That plugin offers the table; protocols borrow it.
 */
#ifndef TRELLIS_ABI_SESSION_H
#define TRELLIS_ABI_SESSION_H

#include <trellis/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Why a client is not connected any more. */
enum {
  TRELLIS_DISCONNECTED_AUTHENTICATION =
      1,                                  /* what let it in does not hold any more: a certificate, a token, its entry */
  TRELLIS_DISCONNECTED_AUTHORIZATION = 2, /* it tried what it may not, or lost a right */
  TRELLIS_DISCONNECTED_CLIENT_ERROR = 3,  /* it broke the protocol, or asked for what is not offered */
  TRELLIS_DISCONNECTED_BY_CLIENT = 4,     /* it said goodbye */
  TRELLIS_DISCONNECTED_LOST = 5,          /* the connection broke, or nothing came for too long */
  TRELLIS_DISCONNECTED_ADDRESS = 6,       /* its address may not connect any more */
  TRELLIS_DISCONNECTED_QUOTA = 7,         /* it did more than it may */
  TRELLIS_DISCONNECTED_SERVER_ERROR = 8,
  TRELLIS_DISCONNECTED_BY_SERVER = 9,  /* the broker stops, a listener went, an operator ended it */
  TRELLIS_DISCONNECTED_OVERFLOW = 10,  /* too many messages waited for it */
  TRELLIS_DISCONNECTED_TAKEN_OVER = 11 /* another connection has its session now */
};

typedef struct trellis_session_fact {
  uint32_t struct_size;
  uint32_t name_space;  /* index */
  trellis_view client;  /* the authenticated name; empty: anybody's */
  trellis_view session; /* the client identifier */
  uint64_t sequence;    /* of this connection: greater than of all before in this namespace, below 2^53 */
  uint32_t reason;      /* TRELLIS_DISCONNECTED_…; 0 where it connected */
  uint32_t reserved;
} trellis_session_fact;

#define TRELLIS_SESSION_WITNESS "trellis.session_witness/1"
typedef struct trellis_session_witness {
  uint32_t struct_size;
  uint32_t reserved;
  /* A client is connected, or one that was is no more: told once each, in this order for each connection. All views
   * live for the call. It must not block or publish within the call. A client that was connected before the witness ran
   * is not told of.
   * [shard, running] on the shard of the session */
  void (*connected)(void *shard, const trellis_session_fact *fact);
  void (*disconnected)(void *shard, const trellis_session_fact *fact);
} trellis_session_witness;

#ifdef __cplusplus
}
#endif
#endif

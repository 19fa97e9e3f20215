/* Handlers: they deliver messages to a destination outside the broker. */
#ifndef TRELLIS_ABI_HANDLER_H
#define TRELLIS_ABI_HANDLER_H

#include <trellis/abi/base.h>
#include <trellis/abi/subscriber.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a delivery went. */
enum {
  TRELLIS_DELIVERED = 1,
  TRELLIS_DELIVERY_RETRY = 2,   /* again, not before retry_ms are over; when else is up to who has it delivered */
  TRELLIS_DELIVERY_REFUSED = 3, /* never: dead-letter or drop, counted */
  /* Not attempted: the destination has not been asked, and it is not its fault. Again, not before retry_ms are over;
   * the attempt does not count, and nothing else is given to the handler for this destination until then. Who has
   * messages delivered and does not know it takes it for RETRY. */
  TRELLIS_DELIVERY_LATER = 4,
  /* Of check() alone: the destination was asked, and somebody may consent for it within retry_ms. The
   * token is waited for that long from now on, and settled again when it is known, or over. */
  TRELLIS_DELIVERY_AWAITED = 5
};

enum { TRELLIS_AWAITED_MOST_MS = 24 * 60 * 60 * 1000 }; /* what is longer counts as this */

/* Why it was not delivered; what else depends on it, such as how long nothing else is tried, is up to who has it
 * delivered. */
enum {
  TRELLIS_CAUSE_NONE = 0, /* delivered, or nobody knows */
  TRELLIS_CAUSE_BUSY = 1, /* the peer says that it has too much to do */
  TRELLIS_CAUSE_TIMED_OUT = 2,
  TRELLIS_CAUSE_SOCKET = 3,     /* nobody answers there, or the connection broke */
  TRELLIS_CAUSE_RESOLUTION = 4, /* the name has no address */
  TRELLIS_CAUSE_NOT_FOUND = 5,  /* there is no such place at the peer */
  TRELLIS_CAUSE_DISABLED = 6,
  TRELLIS_CAUSE_FULL = 7,
  TRELLIS_CAUSE_UNAUTHORIZED = 8,
  TRELLIS_CAUSE_FORBIDDEN = 9,
  TRELLIS_CAUSE_BAD_REQUEST = 10,
  TRELLIS_CAUSE_TOO_LARGE = 11,
  TRELLIS_CAUSE_CANCELED = 12, /* given up on this side: a stop, a changed destination */
  TRELLIS_CAUSE_ABORTED = 13,  /* an answer that is none */
  TRELLIS_CAUSE_OTHER = 14,    /* the peer says that it failed */
  TRELLIS_CAUSE_THROTTLED = 15 /* busy, and the peer asks that nothing at all comes before retry_ms are over */
};

typedef struct trellis_delivery_result {
  uint32_t struct_size;
  uint32_t outcome; /* TRELLIS_DELIVERED, TRELLIS_DELIVERY_… */
  uint64_t
      retry_ms;   /* of RETRY and LATER: what the peer or the handler asks for; 0 is nothing. Of AWAITED: see there */
  uint32_t cause; /* TRELLIS_CAUSE_… */
  uint32_t code;  /* the peer's own, such as an HTTP status; 0 where there is none */
  trellis_view reason; /* a sentence for the log and the dead letter, without secrets; of a check() that was DELIVERED
                          what the consent is remembered by, see there */
} trellis_delivery_result;

#define TRELLIS_HANDLER "trellis.handler/1"
typedef struct trellis_handler {
  uint32_t struct_size;
  /* Opens the destination of one subscription: `destination` is its JSON block. No I/O yet. Null with *error where
   * the block is wrong.
   * [control or shard, configured…] */
  void *(*open)(void *instance, trellis_view destination, trellis_error *error);
  /* Delivers a batch: in one piece where the destination can take several at once. Every delivery has a lease and is
   * settled exactly once through the host's settle() with its token, now or later; leaving one until the
   * subscription's deadline counts as RETRY.
   * deliveries and tokens live for the call; retain messages needed longer.
   * [shard, running] */
  void (*deliver)(void *shard, void *destination, const trellis_delivery *deliveries, const trellis_token *tokens,
                  uint32_t count);
  /* Frees what open answered; what is under way is not waited for any more.
   * [control or shard] */
  void (*release)(void *instance, void *destination);
  /* Asks the destination whether it wants what is to come, before anything does: settled with the token like a
   * delivery, refused with a sentence for whoever makes the subscription. Null: whoever can be reached wants it.
   * DELIVERED with a reason, at most 1024 bytes of text: the reason outlives the process, and is the text `consent` of
   * the block when the same block is opened again, so that the destination need not be asked.
   * [shard, running] */
  void (*check)(void *shard, void *destination, trellis_token token);
} trellis_handler;

/* Told once of each token of expect(), on its shard, perhaps before deliver() returns; of AWAITED besides. */
typedef void (*trellis_settled_fn)(void *user, uint64_t what, const trellis_delivery_result *result);

#define TRELLIS_HOST_HANDLER "trellis.host.handler/1"
typedef struct trellis_host_handler {
  uint32_t struct_size;
  /* For handlers: settles one delivery. False when the token is no longer waited for. After AWAITED it still is.
   * [any] */
  bool (*settle)(trellis_host *host, trellis_token token, const trellis_delivery_result *result);
  /* For whoever has messages delivered through a handler: the token of one delivery. settled(user, what, …) is called
   * once, at the deadline with TRELLIS_DELIVERY_RETRY and TRELLIS_CAUSE_TIMED_OUT.
   * [shard, running] */
  trellis_token (*expect)(trellis_shard *shard, uint64_t deadline_ms, trellis_settled_fn settled, void *user,
                          uint64_t what);
  /* Nothing of this user is waited for any more on this shard; settled is not called.
   * [shard, running] */
  void (*forget)(trellis_shard *shard, void *user);
} trellis_host_handler;

#ifdef __cplusplus
}
#endif
#endif

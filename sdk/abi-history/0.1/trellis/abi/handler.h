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
  TRELLIS_DELIVERY_RETRY = 2,  /* again after retry_ms, or by the subscription's schedule when that is 0 */
  TRELLIS_DELIVERY_REFUSED = 3 /* never: dead-letter or drop, counted */
};

#define TRELLIS_HANDLER "trellis.handler/1"
typedef struct trellis_handler {
  uint32_t struct_size;
  /* Opens the destination of one subscription: `destination` is its JSON block. No I/O yet. Null with *error where
   * the block is wrong.
   * [control, configured…] */
  void *(*open)(void *instance, trellis_view destination, trellis_error *error);
  /* Delivers a batch. Every delivery has a lease and is settled exactly once through the host's settle() with its
   * token, now or later; leaving one until the subscription's deadline counts as RETRY.
   * deliveries and tokens live for the call; retain messages needed longer.
   * [shard, running] */
  void (*deliver)(void *shard, void *destination, const trellis_delivery *deliveries, const trellis_token *tokens,
                  uint32_t count);
  /* Frees what open answered.
   * [control] */
  void (*release)(void *instance, void *destination);
} trellis_handler;

#define TRELLIS_HOST_HANDLER "trellis.host.handler/1"
typedef struct trellis_host_handler {
  uint32_t struct_size;
  /* Settles one delivery. outcome is TRELLIS_DELIVERED, …_RETRY or …_REFUSED; reason is for the log and the dead
   * letter. False when the token is no longer waited for.
   * [any] */
  bool (*settle)(trellis_host *host, trellis_token token, uint32_t outcome, uint64_t retry_ms, trellis_view reason);
} trellis_host_handler;

#ifdef __cplusplus
}
#endif
#endif

/* Queues that a plugin fills and empties by itself: it says which subscribers a message is for, and takes what waits
 * when it wants it. An event subscription that clients pull from is one. */
#ifndef TRELLIS_ABI_QUEUE_H
#define TRELLIS_ABI_QUEUE_H

#include <trellis/abi/base.h>
#include <trellis/abi/message.h>
#include <trellis/abi/subscriber.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One message for one subscriber. */
typedef struct trellis_offer {
  trellis_subscriber *subscriber;
  uint32_t message; /* its index among those of the call */
  uint32_t reserved;
} trellis_offer;

/* For when_kept(): as well as each of it was asked to be kept. */
enum { TRELLIS_DURABILITY_AS_ASKED = 255 };

/* All functions: [shard, running] on the shard that opened the subscribers. */
#define TRELLIS_HOST_QUEUE "trellis.host.queue/1"
typedef struct trellis_host_queue {
  uint32_t struct_size;
  /* Puts messages into the queues of subscribers, whatever these subscribed to: all of it or nothing. A message is kept
   * once however many get it, at QoS 1. Neither authorizers nor stages are asked. durability: TRELLIS_DURABILITY_…; 0
   * is as the namespace says. TRELLIS_OK; TRELLIS_QUOTA: one of them refuses publishers and has not room for so many
   * messages; TRELLIS_UNAVAILABLE: the store takes nothing at the time; TRELLIS_INVALID: a topic that is none. */
  trellis_status (*offer)(trellis_shard *shard, uint32_t name_space, const trellis_publication *messages,
                          uint32_t count, const trellis_offer *offers, uint32_t offer_count, uint32_t durability);
  /* Leases up to `count` messages that wait, the oldest first, as far as the window goes. Answers how many; each
   * message lives until its lease is settled. Less than asked for: on_ready() tells when there may be more. */
  uint32_t (*lease)(trellis_subscriber *subscriber, trellis_delivery *deliveries, uint32_t count);
  /* Shows up to `count` of the messages that wait, the oldest first, and changes nothing. Of a long queue only the
   * first few are at hand; none although some wait: on_ready() tells when there are. They live for the turn, or until
   * something is settled. */
  uint32_t (*peek)(trellis_subscriber *subscriber, trellis_delivery *deliveries, uint32_t count);
  /* Calls done(user, …) once all that was asked for on this shard until now is kept that well, perhaps before this
   * returns: TRELLIS_OK, or TRELLIS_INTERNAL where nobody can say. durability as for offer(), or
   * TRELLIS_DURABILITY_AS_ASKED: whoever published is told then what it may rely on. Not called where the broker stops
   * before.
   * [shard, running] */
  void (*when_kept)(trellis_shard *shard, uint32_t name_space, uint32_t durability,
                    void (*done)(void *user, trellis_status status), void *user);
} trellis_host_queue;

#ifdef __cplusplus
}
#endif
#endif

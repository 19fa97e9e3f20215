/* Streams: what waits in a queue that another plugin keeps, given to a client as it comes and settled one by one. The
 * plugin with the queues offers the table; protocols borrow it. MQTT clients take events of an event subscription that
 * way. */
#ifndef TRELLIS_ABI_STREAM_H
#define TRELLIS_ABI_STREAM_H

#include <trellis/abi/base.h>
#include <trellis/abi/message.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct trellis_stream trellis_stream;

/* One message that the stream's user holds until it settles it, or until its lock is over. */
typedef struct trellis_stream_item {
  uint64_t lock;       /* names it in settle(), never 0 */
  uint32_t deliveries; /* how often it was given to anybody, this time counted; among its user properties, too, where
                          the user passes them on */
  uint32_t reserved;
  const trellis_publication *message; /* its topic is empty: the user knows what it asked for */
} trellis_stream_item;

/* Who reads a stream. Both are called on the shard of open(), after it returned and from nobody's call. */
typedef struct trellis_stream_user {
  uint32_t struct_size;
  uint32_t reserved;
  /* Messages, the oldest first, at most as many as the window has room for. Answers how many of them it takes, from the
   * first on; the others are as if they had not been delivered, and no more come until resume(). May call settle() for
   * those it takes. All views live for the call. */
  uint32_t (*deliver)(void *user, const trellis_stream_item *items, uint32_t count);
  /* It is over, what was out is available again, and the stream must not be used any more. reason: a sentence. Not
   * called for close(), but for all that are left before the lender's shard closes. */
  void (*ended)(void *user, trellis_view reason);
} trellis_stream_user;

enum {
  TRELLIS_STREAM_ATTRIBUTES = 1u << 0 /* its user passes on content types and user properties; for others everything
                                         is in the payload */
};

/* All functions: [shard, running] on the shard that opened the stream. */
#define TRELLIS_STREAMS "trellis.streams/1"
typedef struct trellis_streams {
  uint32_t struct_size;
  uint32_t reserved;
  /* Opens a stream of the queue of that name, "orders/audit", in a namespace. The caller has asked whether the client
   * may read it. flags: TRELLIS_STREAM_…. window: most messages that are out at once, at least 1; the lender may have
   * less. The user's table lives as long as the plugin. TRELLIS_OK; TRELLIS_INVALID: no name of a queue;
   * TRELLIS_NO_MATCH: no such queue; TRELLIS_UNSUPPORTED: nobody takes from that queue by himself; TRELLIS_QUOTA: too
   * many streams; TRELLIS_UNAVAILABLE: draining. */
  trellis_status (*open)(void *shard, uint32_t name_space, trellis_view queue, uint32_t flags, uint32_t window,
                         const trellis_stream_user *table, void *user, trellis_stream **stream);
  /* What becomes of one: TRELLIS_SETTLE_ACCEPT, …_RELEASE (available again at once), …_REJECT (dead-lettered or
   * dropped), …_DISCARD (cannot be sent to this client; as REJECT). Only now the window has room for another one. A
   * lock that is over changes nothing else, and is counted. */
  void (*settle)(trellis_stream *stream, uint64_t lock, uint32_t outcome);
  /* Goes on after deliver() took less than it was given. */
  void (*resume)(trellis_stream *stream);
  /* Ends it; what is out is available again. Also from deliver(). */
  void (*close)(trellis_stream *stream);
} trellis_streams;

#ifdef __cplusplus
}
#endif
#endif

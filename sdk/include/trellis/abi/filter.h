/* Filters: predicates choose messages for one subscription, stages see all messages on publish or on delivery. */
#ifndef TRELLIS_ABI_FILTER_H
#define TRELLIS_ABI_FILTER_H

#include <trellis/abi/base.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/message.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What becomes of one message. */
enum {
  TRELLIS_VERDICT_UNSET = 0, /* drops the message and reports the plugin */
  TRELLIS_VERDICT_PASS = 1,
  TRELLIS_VERDICT_DROP = 2,
  TRELLIS_VERDICT_REPLACED = 3 /* stages only: goes on as what replace() was given */
};

#define TRELLIS_PREDICATE "trellis.predicate/1"
typedef struct trellis_predicate {
  uint32_t struct_size;
  /* Compiles a subscription's filter, JSON text. Null with *error for a filter that is wrong. The result is used by
   * all shards at once and must not change.
   * [control, configured…] */
  void *(*compile)(void *instance, trellis_view filter, trellis_error *error);
  /* Judges `count` messages, writes PASS or DROP per message; all TRELLIS_VERDICT_UNSET on entry.
   * Must not block or allocate per message, nor retain one: some are made for this call alone.
   * [shard, running] */
  void (*judge)(void *shard, void *compiled, const trellis_message *const *messages, uint32_t *verdicts,
                uint32_t count);
  /* Frees what compile answered.
   * [control or shard] */
  void (*release)(void *instance, void *compiled);
} trellis_predicate;

/* The batch a stage is looking at. */
typedef struct trellis_batch trellis_batch;

/* What a stage may do beyond pass and drop; only during its on_messages call. [shard, running] */
#define TRELLIS_HOST_STAGE "trellis.host.stage/1"
typedef struct trellis_host_stage {
  uint32_t struct_size;
  /* Message `index` goes on as `message` instead (edited, or on another topic); set its verdict to REPLACED. Everything
   * is copied. TRELLIS_INVALID for a topic that is no topic name. */
  trellis_status (*replace)(trellis_batch *batch, uint32_t index, const trellis_publication *message);
  /* Publishes one more message behind the batch; it does not pass this stage again. */
  trellis_status (*copy)(trellis_batch *batch, const trellis_publication *message);
  /* Name of the namespace the batch belongs to. */
  trellis_view (*name_space)(const trellis_batch *batch);
  /* Who published the messages: a batch on publish is of one client. Null on delivery, and for what the broker or a
   * plugin publishes. Lives as long as the batch. */
  const trellis_identity *(*publisher)(const trellis_batch *batch);
} trellis_host_stage;

#define TRELLIS_STAGE "trellis.stage/1"
typedef struct trellis_stage {
  uint32_t struct_size;
  /* Judges messages in arrival order, one verdict slot each, all TRELLIS_VERDICT_UNSET on entry.
   * Must not block or allocate per message.
   * [shard, running] */
  void (*on_messages)(void *shard, trellis_batch *batch, const trellis_message *const *messages, uint32_t *verdicts,
                      uint32_t count);
} trellis_stage;

#ifdef __cplusplus
}
#endif
#endif

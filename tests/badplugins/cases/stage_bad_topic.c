/* Sends every message on to a topic with a wildcard, and says it is replaced although that was refused. */
#include <trellis/trellis.h>
static void redirect(void *shard, trellis_batch *batch, const trellis_message *const *messages, uint32_t *verdicts,
                     uint32_t count);
static const trellis_stage redirecting_stage = {sizeof(trellis_stage), redirect};
#define WANTS TRELLIS_HOST_STAGE
#define TABLE &redirecting_stage
#include "../plugin.h"
static void redirect(void *shard, trellis_batch *batch, const trellis_message *const *messages, uint32_t *verdicts,
                     uint32_t count) {
  (void)shard;
  const trellis_host_stage *host = (const trellis_host_stage *)host_table(TRELLIS_HOST_STAGE);
  for (uint32_t i = 0; i < count; ++i) {
    const trellis_publication wrong = {
        .struct_size = sizeof wrong, .topic = TEXT("everywhere/#"), .payload = messages[i]->payload};
    host->replace(batch, i, &wrong);
    verdicts[i] = TRELLIS_VERDICT_REPLACED;
  }
}

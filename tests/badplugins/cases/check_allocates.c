/* Copies every payload to look at it. */
#include <trellis/trellis.h>
static void copy_and_look(void *shard, trellis_batch *batch, const trellis_message *const *messages, uint32_t *verdicts,
                          uint32_t count);
static const trellis_stage copying_stage = {sizeof(trellis_stage), copy_and_look};
#define TABLE &copying_stage
#include "../plugin.h"
static void copy_and_look(void *shard, trellis_batch *batch, const trellis_message *const *messages, uint32_t *verdicts,
                          uint32_t count) {
  (void)shard;
  (void)batch;
  for (uint32_t i = 0; i < count; ++i) {
    char *copy = (char *)calloc(1, messages[i]->payload.size + 1);
    if (messages[i]->payload.size > 0) memcpy(copy, messages[i]->payload.data, messages[i]->payload.size);
    verdicts[i] = copy[0] == 'x' ? TRELLIS_VERDICT_DROP : TRELLIS_VERDICT_PASS;
    free(copy);
  }
}

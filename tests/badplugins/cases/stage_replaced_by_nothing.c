/* Says REPLACED without having called replace(). */
#include <trellis/trellis.h>
static void replace_nothing(void *shard, trellis_batch *batch, const trellis_message *const *messages,
                            uint32_t *verdicts, uint32_t count) {
  (void)shard;
  (void)batch;
  (void)messages;
  for (uint32_t i = 0; i < count; ++i) verdicts[i] = TRELLIS_VERDICT_REPLACED;
}
static const trellis_stage hollow_stage = {sizeof(trellis_stage), replace_nothing};
#define TABLE &hollow_stage
#include "../plugin.h"

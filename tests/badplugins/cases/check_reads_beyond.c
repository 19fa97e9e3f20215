/* Takes a payload for a terminated string. */
#include <string.h>
#include <trellis/trellis.h>
static void measure(void *shard, trellis_batch *batch, const trellis_message *const *messages, uint32_t *verdicts,
                    uint32_t count) {
  (void)shard;
  (void)batch;
  for (uint32_t i = 0; i < count; ++i) {
    const char *payload = messages[i]->payload.data;
    const bool large = payload != NULL && strlen(payload) > 100000;
    verdicts[i] = large ? TRELLIS_VERDICT_DROP : TRELLIS_VERDICT_PASS;
  }
}
static const trellis_stage measuring_stage = {sizeof(trellis_stage), measure};
#define TABLE &measuring_stage
#include "../plugin.h"

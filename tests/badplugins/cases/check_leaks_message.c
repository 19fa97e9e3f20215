/* Retains the last message of every batch, and releases none. */
#include <trellis/trellis.h>
static void retain_last(void *shard, trellis_batch *batch, const trellis_message *const *messages, uint32_t *verdicts,
                        uint32_t count);
static const trellis_stage hoarding_stage = {sizeof(trellis_stage), retain_last};
#define TABLE &hoarding_stage
#define WANTS TRELLIS_HOST_MESSAGE
#include "../plugin.h"
static void retain_last(void *shard, trellis_batch *batch, const trellis_message *const *messages, uint32_t *verdicts,
                        uint32_t count) {
  const trellis_host_message *host = (const trellis_host_message *)host_table(TRELLIS_HOST_MESSAGE);
  pass(shard, batch, messages, verdicts, count);
  host->retain(messages[count - 1]);
}

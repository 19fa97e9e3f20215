/* Remembers the topic of the last message, and not what it says. */
#include <string.h>
#include <trellis/trellis.h>
static void compare_with_last(void *shard, trellis_batch *batch, const trellis_message *const *messages,
                              uint32_t *verdicts, uint32_t count) {
  static trellis_view last;
  (void)shard;
  (void)batch;
  for (uint32_t i = 0; i < count; ++i) {
    const bool same = last.size == messages[i]->topic.size && last.size > 0 &&
                      memcmp(last.data, messages[i]->topic.data, last.size) == 0;
    verdicts[i] = same ? TRELLIS_VERDICT_DROP : TRELLIS_VERDICT_PASS;
    last = messages[i]->topic;
  }
}
static const trellis_stage forgetful_stage = {sizeof(trellis_stage), compare_with_last};
#define TABLE &forgetful_stage
#include "../plugin.h"

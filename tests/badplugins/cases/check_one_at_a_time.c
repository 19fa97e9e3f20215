/* Turns away a shard that comes while another one is served. */
#include <sched.h>
#include <stdatomic.h>
#include <trellis/trellis.h>
static void judge_alone(void *shard, trellis_batch *batch, const trellis_message *const *messages, uint32_t *verdicts,
                        uint32_t count);
static const trellis_stage shy_stage = {sizeof(trellis_stage), judge_alone};
#define TABLE &shy_stage
#include "../plugin.h"
static void judge_alone(void *shard, trellis_batch *batch, const trellis_message *const *messages, uint32_t *verdicts,
                        uint32_t count) {
  static atomic_flag busy = ATOMIC_FLAG_INIT;
  if (atomic_flag_test_and_set(&busy)) return;
  for (int i = 0; i < 50; ++i) sched_yield(); /* the others come meanwhile, on one core too */
  pass(shard, batch, messages, verdicts, count);
  atomic_flag_clear(&busy);
}

/* Starts a timer on every shard, and cancels none. */
#include <trellis/trellis.h>
static void *start_timer(void *instance, trellis_shard *shard, uint32_t index);
static void forget_timer(void *shard) { (void)shard; }
#define SHARD_OPEN start_timer
#define SHARD_CLOSE forget_timer
#define WANTS TRELLIS_HOST_LOOP
#include "../plugin.h"
static void tick(void *user) { (void)user; }
static void *start_timer(void *instance, trellis_shard *shard, uint32_t index) {
  const trellis_host_loop *host = (const trellis_host_loop *)host_table(TRELLIS_HOST_LOOP);
  (void)index;
  host->start_timer(shard, 3600 * 1000, tick, instance);
  return instance;
}

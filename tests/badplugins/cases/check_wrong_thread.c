/* Asks a shard for the time where no shard is. */
#include <trellis/trellis.h>
static void *remember(void *instance, trellis_shard *shard, uint32_t index);
static void close_shard(void *shard) { (void)shard; }
static void drain_by_the_clock(void *instance, uint64_t deadline_ms);
#define SHARD_OPEN remember
#define SHARD_CLOSE close_shard
#define DRAIN drain_by_the_clock
#define WANTS TRELLIS_HOST_LOOP
#include "../plugin.h"
static trellis_shard *first;
static const trellis_host_loop *loop;
static void *remember(void *instance, trellis_shard *shard, uint32_t index) {
  loop = (const trellis_host_loop *)host_table(TRELLIS_HOST_LOOP);
  if (index == 0) first = shard;
  return instance;
}
static void drain_by_the_clock(void *instance, uint64_t deadline_ms) {
  (void)instance;
  (void)deadline_ms;
  loop->now_ms(first);
}

#include <trellis/trellis.h>
static void *shard_open_null(void *instance, trellis_shard *shard, uint32_t index) {
  (void)instance;
  (void)shard;
  (void)index;
  return NULL;
}
static void shard_close(void *shard) { (void)shard; }
#define SHARD_OPEN shard_open_null
#define SHARD_CLOSE shard_close
#include "../plugin.h"

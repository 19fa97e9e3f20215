/* Says that it consumed a byte more than there was. */
#include <trellis/trellis.h>
static void *on_open(void *shard, trellis_connection *connection) {
  (void)connection;
  return shard;
}
static size_t consume_more(void *shard, void *user, const uint8_t *data, size_t size, size_t *wanted) {
  (void)shard;
  (void)user;
  (void)data;
  (void)wanted;
  return size + 1;
}
static void on_close(void *shard, void *user, uint32_t reason) {
  (void)shard;
  (void)user;
  (void)reason;
}
static const trellis_protocol greedy_protocol = {
    .struct_size = sizeof(trellis_protocol), .on_open = on_open, .on_bytes = consume_more, .on_close = on_close};
#define KIND TRELLIS_KIND_PROTOCOL
#define TABLE_ID TRELLIS_PROTOCOL
#define TABLE &greedy_protocol
#include "../plugin.h"

/* Refuses every connection. */
#include <trellis/trellis.h>
static void *open_nothing(void *shard, trellis_connection *connection, const trellis_layer_io *io) {
  (void)shard;
  (void)connection;
  (void)io;
  return NULL;
}
static bool take(void *shard, void *user, const void *data, size_t size) {
  (void)shard;
  (void)user;
  (void)data;
  (void)size;
  return true;
}
static void close_layer(void *shard, void *user) {
  (void)shard;
  (void)user;
}
static const trellis_layer closed_layer = {sizeof(trellis_layer), 0,    open_nothing, take, take, NULL,
                                           close_layer,           NULL, NULL,         NULL, NULL};
#define KIND TRELLIS_KIND_LAYER
#define TABLE_ID TRELLIS_LAYER
#define TABLE &closed_layer
#include "../plugin.h"

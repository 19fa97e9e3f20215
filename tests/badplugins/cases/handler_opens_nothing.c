/* Refuses a destination without a word. */
#include <trellis/trellis.h>
static void *open_nothing(void *instance, trellis_view destination, trellis_error *error) {
  (void)instance;
  (void)destination;
  (void)error;
  return NULL;
}
static void deliver(void *shard, void *destination, const trellis_delivery *deliveries, const trellis_token *tokens,
                    uint32_t count) {
  (void)shard;
  (void)destination;
  (void)deliveries;
  (void)tokens;
  (void)count;
}
static void release_destination(void *instance, void *destination) {
  (void)instance;
  (void)destination;
}
static const trellis_handler closed_handler = {sizeof(trellis_handler), open_nothing, deliver, release_destination,
                                               NULL};
#define KIND TRELLIS_KIND_HANDLER
#define TABLE_ID TRELLIS_HANDLER
#define TABLE &closed_handler
#include "../plugin.h"

/* Opens nothing for texts it does not like, and does not say why. */
#include <trellis/trellis.h>
static void *open_objects(void *instance, trellis_view destination, trellis_error *error) {
  (void)error;
  return destination.size > 0 && destination.data[0] == '{' ? instance : NULL;
}
static void settle_all(void *shard, void *destination, const trellis_delivery *deliveries, const trellis_token *tokens,
                       uint32_t count);
static void release_destination(void *instance, void *destination) {
  (void)instance;
  (void)destination;
}
static const trellis_handler silent_handler = {sizeof(trellis_handler), open_objects, settle_all, release_destination,
                                               NULL};
#define KIND TRELLIS_KIND_HANDLER
#define TABLE_ID TRELLIS_HANDLER
#define TABLE &silent_handler
#define WANTS TRELLIS_HOST_HANDLER
#include "../plugin.h"
static void settle_all(void *shard, void *destination, const trellis_delivery *deliveries, const trellis_token *tokens,
                       uint32_t count) {
  (void)shard;
  (void)destination;
  (void)deliveries;
  const trellis_host_handler *host = (const trellis_host_handler *)host_table(TRELLIS_HOST_HANDLER);
  trellis_delivery_result taken = {sizeof taken, TRELLIS_DELIVERED, 0, TRELLIS_CAUSE_NONE, 0, TEXT("")};
  for (uint32_t i = 0; i < count; ++i) host->settle(the_host, tokens[i], &taken);
}

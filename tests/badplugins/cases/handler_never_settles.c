/* Takes deliveries and never says how they went. */
#include <trellis/trellis.h>
static void *open_destination(void *instance, trellis_view destination, trellis_error *error) {
  (void)destination;
  (void)error;
  return instance;
}
static void settle_never(void *shard, void *destination, const trellis_delivery *deliveries,
                         const trellis_token *tokens, uint32_t count) {
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
static const trellis_handler silent_handler = {sizeof(trellis_handler), open_destination, settle_never,
                                               release_destination, NULL};
#define KIND TRELLIS_KIND_HANDLER
#define TABLE_ID TRELLIS_HANDLER
#define TABLE &silent_handler
#include "../plugin.h"

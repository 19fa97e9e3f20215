/* Settles every delivery twice, and a token nobody gave out. */
#include <trellis/trellis.h>
static void *open_destination(void *instance, trellis_view destination, trellis_error *error) {
  (void)destination;
  (void)error;
  return instance;
}
static void settle_twice(void *shard, void *destination, const trellis_delivery *deliveries,
                         const trellis_token *tokens, uint32_t count);
static void release_destination(void *instance, void *destination) {
  (void)instance;
  (void)destination;
}
static const trellis_handler hasty_handler = {sizeof(trellis_handler), open_destination, settle_twice,
                                              release_destination, NULL};
#define KIND TRELLIS_KIND_HANDLER
#define TABLE_ID TRELLIS_HANDLER
#define TABLE &hasty_handler
#define WANTS TRELLIS_HOST_HANDLER
#include "../plugin.h"
static void settle_twice(void *shard, void *destination, const trellis_delivery *deliveries,
                         const trellis_token *tokens, uint32_t count) {
  (void)shard;
  (void)destination;
  (void)deliveries;
  const trellis_host_handler *host = (const trellis_host_handler *)host_table(TRELLIS_HOST_HANDLER);
  trellis_delivery_result taken = {sizeof taken, TRELLIS_DELIVERED, 0, TRELLIS_CAUSE_NONE, 0, TEXT("")};
  trellis_delivery_result refused = {sizeof refused,          TRELLIS_DELIVERY_REFUSED, 0, TRELLIS_CAUSE_OTHER, 0,
                                     TEXT("changed its mind")};
  for (uint32_t i = 0; i < count; ++i) {
    host->settle(the_host, tokens[i], &taken);
    host->settle(the_host, tokens[i], &refused);
  }
  host->settle(the_host, UINT64_MAX, &taken);
}

/* Fails without a sentence, and without a status either. */
#include <trellis/trellis.h>
static trellis_status create_says_nothing(trellis_host *host, const trellis_host_table *table, void **instance,
                                          trellis_error *error) {
  (void)host;
  (void)table;
  (void)instance;
  (void)error;
  return TRELLIS_STATUS_UNSET;
}
#define CREATE create_says_nothing
#include "../plugin.h"

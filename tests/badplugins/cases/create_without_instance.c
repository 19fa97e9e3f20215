/* Says it succeeded and leaves *instance as it was. */
#include <trellis/trellis.h>
static trellis_status create_without_instance(trellis_host *host, const trellis_host_table *table, void **instance,
                                              trellis_error *error) {
  (void)host;
  (void)table;
  (void)instance;
  (void)error;
  return TRELLIS_OK;
}
#define CREATE create_without_instance
#include "../plugin.h"

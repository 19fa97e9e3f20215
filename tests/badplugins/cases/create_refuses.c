#include <trellis/trellis.h>
static trellis_status create_refuses(trellis_host *host, const trellis_host_table *table, void **instance,
                                     trellis_error *error);
#define CREATE create_refuses
#include "../plugin.h"
static trellis_status create_refuses(trellis_host *host, const trellis_host_table *table, void **instance,
                                     trellis_error *error) {
  (void)host;
  (void)table;
  (void)instance;
  return refuse(error, "the licence file is missing");
}

/* Allocates when it is created, and frees nothing when it is destroyed. */
#include <trellis/trellis.h>
static trellis_status create_leaking(trellis_host *host, const trellis_host_table *table, void **instance,
                                     trellis_error *error);
#define CREATE create_leaking
#include "../plugin.h"
static trellis_status create_leaking(trellis_host *host, const trellis_host_table *table, void **instance,
                                     trellis_error *error) {
  create(host, table, instance, error);
  *instance = malloc(1000);
  return TRELLIS_OK;
}

/* Claims more text than the error has room for. */
#include <trellis/trellis.h>
static trellis_status configure_overruns(void *instance, trellis_view config, trellis_error *error);
#define CONFIGURE configure_overruns
#include "../plugin.h"
static trellis_status configure_overruns(void *instance, trellis_view config, trellis_error *error) {
  (void)instance;
  (void)config;
  memset(error->text, 'x', sizeof error->text);
  error->size = UINT32_MAX;
  return TRELLIS_INVALID;
}

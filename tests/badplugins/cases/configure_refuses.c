#include <trellis/trellis.h>
static trellis_status configure_refuses(void *instance, trellis_view config, trellis_error *error);
#define CONFIGURE configure_refuses
#include "../plugin.h"
static trellis_status configure_refuses(void *instance, trellis_view config, trellis_error *error) {
  (void)instance;
  (void)config;
  return refuse(error, "\"from\" must be before \"to\"");
}

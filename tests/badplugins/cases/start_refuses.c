#include <trellis/trellis.h>
static trellis_status start_refuses(void *instance, trellis_error *error);
#define START start_refuses
#include "../plugin.h"
static trellis_status start_refuses(void *instance, trellis_error *error) {
  (void)instance;
  return refuse(error, "cannot open /dev/clock: no such device");
}

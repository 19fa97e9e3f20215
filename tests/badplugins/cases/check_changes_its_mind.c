/* Takes the settings that it refused the first time. */
#include <trellis/trellis.h>
static trellis_status refuse_every_other(void *instance, trellis_view config, trellis_error *error);
#define CONFIGURE refuse_every_other
#define SCHEMA "{\"type\": \"object\", \"properties\": {\"on\": {\"type\": \"boolean\", \"default\": false}}}"
#include "../plugin.h"
static trellis_status refuse_every_other(void *instance, trellis_view config, trellis_error *error) {
  static const char on[] = "{\"on\":true";
  static bool refused;
  (void)instance;
  if (config.size < sizeof on - 1 || memcmp(config.data, on, sizeof on - 1) != 0) return TRELLIS_OK;
  refused = !refused;
  return refused ? refuse(error, "not now") : TRELLIS_OK;
}

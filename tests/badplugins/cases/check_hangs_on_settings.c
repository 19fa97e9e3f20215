/* Counts down from a setting to 1, and is given 0. */
#include <trellis/trellis.h>
#include <unistd.h>
static trellis_status count_down(void *instance, trellis_view config, trellis_error *error);
#define CONFIGURE count_down
#define SCHEMA \
  "{\"type\": \"object\", \"properties\": {\"from\": {\"type\": \"integer\", \"minimum\": 0, \"default\": 1}}}"
#include "../plugin.h"
static trellis_status count_down(void *instance, trellis_view config, trellis_error *error) {
  static const char key[] = "{\"from\":";
  (void)instance;
  (void)error;
  while (config.size > sizeof key && config.data[sizeof key - 1] == '0') pause();
  return TRELLIS_OK;
}

/* Divides by a setting whose schema lets 0 pass. */
#include <trellis/trellis.h>
static trellis_status divide(void *instance, trellis_view config, trellis_error *error);
#define CONFIGURE divide
#define SCHEMA \
  "{\"type\": \"object\", \"properties\": {\"parts\": {\"type\": \"integer\", \"minimum\": 0, \"default\": 1}}}"
#include "../plugin.h"
static trellis_status divide(void *instance, trellis_view config, trellis_error *error) {
  static const char key[] = "{\"parts\":";
  (void)instance;
  (void)error;
  if (config.size <= sizeof key) return TRELLIS_OK;
  if (config.data[sizeof key - 1] == '0') abort();
  return TRELLIS_OK;
}

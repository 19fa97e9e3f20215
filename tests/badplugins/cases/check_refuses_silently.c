/* Refuses settings and does not say why. */
#include <trellis/trellis.h>
static trellis_status refuse_without_a_word(void *instance, trellis_view config, trellis_error *error) {
  (void)instance;
  (void)error;
  return config.size > 2 ? TRELLIS_INVALID : TRELLIS_OK;
}
#define CONFIGURE refuse_without_a_word
#define SCHEMA "{\"type\": \"object\", \"properties\": {\"port\": {\"type\": \"integer\"}}}"
#include "../plugin.h"

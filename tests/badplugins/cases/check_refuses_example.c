/* Refuses what its own manual shows. */
#include <trellis/trellis.h>
static trellis_status refuse_all(void *instance, trellis_view config, trellis_error *error);
#define CONFIGURE refuse_all
#define SCHEMA \
  "{\"type\": \"object\", \"properties\": {\"port\": {\"type\": \"integer\"}}, \"examples\": [{\"port\": 80}]}"
#include "../plugin.h"
static trellis_status refuse_all(void *instance, trellis_view config, trellis_error *error) {
  (void)instance;
  return config.size > 2 ? refuse(error, "/port: below 1024") : TRELLIS_OK;
}

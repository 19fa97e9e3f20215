/* Keeps a view of its configuration and reads it when it starts. */
#include <trellis/trellis.h>
static trellis_status keep_settings(void *instance, trellis_view config, trellis_error *error);
static trellis_status read_settings(void *instance, trellis_error *error);
#define CONFIGURE keep_settings
#define START read_settings
#include "../plugin.h"
static trellis_view kept;
static trellis_status keep_settings(void *instance, trellis_view config, trellis_error *error) {
  (void)instance;
  (void)error;
  kept = config;
  return TRELLIS_OK;
}
static trellis_status read_settings(void *instance, trellis_error *error) {
  (void)instance;
  return kept.data[0] == '{' ? TRELLIS_OK : refuse(error, "the configuration is no object");
}

/* Opens a file when it is created, which must have no effect. */
#include <fcntl.h>
#include <trellis/trellis.h>
#include <unistd.h>
static trellis_status create_and_open(trellis_host *host, const trellis_host_table *table, void **instance,
                                      trellis_error *error);
static void close_file(void *instance);
#define CREATE create_and_open
#define STOP close_file
#include "../plugin.h"
static int file = -1;
static trellis_status create_and_open(trellis_host *host, const trellis_host_table *table, void **instance,
                                      trellis_error *error) {
  if (file < 0) file = open("/dev/null", O_RDONLY);
  return create(host, table, instance, error);
}
static void close_file(void *instance) {
  (void)instance;
  if (file >= 0) close(file);
  file = -1;
}

/* Frees its memory in stop(), each time. */
#include <trellis/trellis.h>
static trellis_status start_table(void *instance, trellis_error *error);
static void free_table(void *instance);
#define START start_table
#define STOP free_table
#include "../plugin.h"
static int **rows;
static trellis_status start_table(void *instance, trellis_error *error) {
  (void)instance;
  (void)error;
  rows = (int **)calloc(1, sizeof *rows);
  if (rows == NULL) return TRELLIS_INTERNAL;
  rows[0] = (int *)calloc(1, sizeof **rows);
  return TRELLIS_OK;
}
static void free_table(void *instance) {
  (void)instance;
  free(rows[0]);
  free(rows);
  rows = NULL;
}

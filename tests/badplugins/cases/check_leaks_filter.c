/* Frees nothing of the filters it compiled. */
#include <trellis/trellis.h>
static void *compile(void *instance, trellis_view filter, trellis_error *error);
static void pass_all(void *shard, void *compiled, const trellis_message *const *messages, uint32_t *verdicts,
                     uint32_t count) {
  (void)shard;
  (void)compiled;
  (void)messages;
  for (uint32_t i = 0; i < count; ++i) verdicts[i] = TRELLIS_VERDICT_PASS;
}
static void keep(void *instance, void *compiled) {
  (void)instance;
  (void)compiled;
}
static const trellis_predicate keeping_predicate = {sizeof(trellis_predicate), compile, pass_all, keep};
#define KIND TRELLIS_KIND_PREDICATE
#define TABLE_ID TRELLIS_PREDICATE
#define TABLE &keeping_predicate
#include "../plugin.h"
static void *compile(void *instance, trellis_view filter, trellis_error *error) {
  (void)instance;
  (void)filter;
  (void)error;
  return malloc(500);
}

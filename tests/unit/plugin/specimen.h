/* A plugin that writes down what is done to it. Its instance is this struct, so that a test can read it. */
#ifndef TRELLIS_TESTS_SPECIMEN_H
#define TRELLIS_TESTS_SPECIMEN_H

#include <trellis/abi/plugin.h>
#include <trellis/abi/service.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct specimen {
  trellis_host *host;
  const trellis_host_table *host_table;
  trellis_service service;
  char calls[256];  /* a word per call, a blank behind each */
  char config[256]; /* as configured */
  int shard_states[8];
  bool refuse_shards;
} specimen;

#ifdef __cplusplus
}
#endif
#endif

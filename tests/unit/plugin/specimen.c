#include "specimen.h"

#include <stdlib.h>
#include <string.h>

#define VIEW(text) \
  { (text), sizeof(text) - 1 }

static void note(specimen *self, const char *call) {
  if (strlen(self->calls) + strlen(call) + 2 > sizeof self->calls) return;
  strcat(strcat(self->calls, call), " ");
}

static trellis_status refuse(trellis_error *error, const char *reason) {
  error->size = (uint32_t)strlen(reason);
  memcpy(error->text, reason, error->size);
  return TRELLIS_INVALID;
}

static void on_request(void *shard, const trellis_request *request, trellis_token token) {
  (void)shard;
  (void)request;
  (void)token;
}

static trellis_status create(trellis_host *host, const trellis_host_table *host_table, void **instance,
                             trellis_error *error) {
  (void)error;
  specimen *self = calloc(1, sizeof *self);
  if (self == NULL) return TRELLIS_UNAVAILABLE;
  self->host = host;
  self->host_table = host_table;
  self->service.struct_size = sizeof self->service;
  self->service.on_request = &on_request;
  *instance = self;
  return TRELLIS_OK;
}

static trellis_status configure(void *instance, trellis_view config, trellis_error *error) {
  specimen *self = instance;
  note(self, "configure");
  memcpy(self->config, config.data, config.size < sizeof self->config ? config.size : sizeof self->config - 1);
  if (strstr(self->config, "wrong") != NULL) return refuse(error, "that is wrong");
  if (strstr(self->config, "silent") != NULL) return TRELLIS_INVALID;
  return TRELLIS_OK;
}

static trellis_status start(void *instance, trellis_error *error) {
  specimen *self = instance;
  note(self, "start");
  return strstr(self->config, "lazy") != NULL ? refuse(error, "not today") : TRELLIS_OK;
}

static void drain(void *instance, uint64_t deadline_ms) {
  (void)deadline_ms;
  note(instance, "drain");
}

static void stop(void *instance) { note(instance, "stop"); }
static void destroy(void *instance) { free(instance); }

static const void *get_table(void *instance, trellis_view id) {
  specimen *self = instance;
  const bool service = id.size == strlen(TRELLIS_SERVICE) && memcmp(id.data, TRELLIS_SERVICE, id.size) == 0;
  return service ? &self->service : NULL;
}

static void *shard_open(void *instance, trellis_shard *shard, uint32_t index) {
  (void)shard;
  specimen *self = instance;
  if (self->refuse_shards) return NULL;
  self->shard_states[index] = 1;
  return &self->shard_states[index];
}

static void shard_close(void *shard) { *(int *)shard = 2; }

#ifdef SPECIMEN_WANTS
static const trellis_view wants[] = {VIEW(SPECIMEN_WANTS)};
#define WANTS wants
#define WANTS_COUNT 1
#else
#define WANTS NULL
#define WANTS_COUNT 0
#endif

static const trellis_descriptor descriptor = {sizeof(trellis_descriptor),
                                              TRELLIS_KIND_SERVICE,
                                              TRELLIS_STABILITY_STABLE,
                                              VIEW(SPECIMEN_ID),
                                              VIEW("1.0.0"),
                                              VIEW("Trellis"),
                                              VIEW("Is looked at."),
                                              VIEW("MIT"),
                                              VIEW(""),
                                              VIEW(""),
                                              WANTS,
                                              WANTS_COUNT,
                                              0};

TRELLIS_EXPORT const trellis_plugin trellis_plugin_entry = {sizeof(trellis_plugin),
                                                            TRELLIS_ABI_MAJOR,
                                                            TRELLIS_ABI_MINOR,
                                                            &descriptor,
                                                            create,
                                                            configure,
                                                            start,
                                                            drain,
                                                            stop,
                                                            destroy,
                                                            get_table,
                                                            shard_open,
                                                            shard_close};

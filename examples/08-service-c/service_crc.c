/* A service in plain C: answers a request with the CRC-32 of its body. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <trellis/trellis.h>

#include "crc32.h"

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

/* The plugin. start() writes, shards only read. */
typedef struct service_crc {
  trellis_host *host;
  const trellis_host_service *service;
  const trellis_host_metrics *metrics;
  trellis_metric sums;
} service_crc;

/* What on_request() gets: one of these for each shard, so it needs no lock. */
typedef struct service_crc_shard {
  const service_crc *plugin;
  trellis_shard *shard;
} service_crc_shard;

static bool is(trellis_view text, const char *other) {
  return text.size == strlen(other) && memcmp(text.data, other, text.size) == 0;
}

static const void *table_of(trellis_host *host, const trellis_host_table *host_table, const char *id) {
  const trellis_view name = {id, strlen(id)};
  return host_table->get_table(host, name);
}

static trellis_status out_of_memory(trellis_error *error) {
  static const char sentence[] = "out of memory";
  memcpy(error->text, sentence, sizeof sentence - 1);
  error->size = sizeof sentence - 1;
  return TRELLIS_INTERNAL;
}

static trellis_status create(trellis_host *host, const trellis_host_table *host_table, void **instance,
                             trellis_error *error) {
  service_crc *made = calloc(1, sizeof *made);
  if (made == NULL) return out_of_memory(error);
  made->host = host;
  /* Neither is null: both are among what the descriptor wants. */
  made->service = table_of(host, host_table, TRELLIS_HOST_SERVICE);
  made->metrics = table_of(host, host_table, TRELLIS_HOST_METRICS);
  *instance = made;
  return TRELLIS_OK;
}

/* Without a schema there are no settings. */
static trellis_status configure(void *instance, trellis_view config, trellis_error *error) {
  (void)instance;
  (void)config;
  (void)error;
  return TRELLIS_OK;
}

static trellis_status start(void *instance, trellis_error *error) {
  static const trellis_view name = TEXT("service_crc_sums_total");
  static const trellis_view labels = TEXT("");
  static const trellis_view help = TEXT("Checksums that were told.");
  service_crc *me = instance;
  (void)error;
  me->sums = me->metrics->declare(me->host, TRELLIS_METRIC_COUNTER, name, labels, help);
  return TRELLIS_OK;
}

static void stop(void *instance) { (void)instance; }

static void destroy(void *instance) { free(instance); }

static void *shard_open(void *instance, trellis_shard *shard, uint32_t index) {
  service_crc_shard *made = malloc(sizeof *made);
  (void)index;
  if (made == NULL) return NULL;
  made->plugin = instance;
  made->shard = shard;
  return made;
}

static void shard_close(void *shard) { free(shard); }

static void on_request(void *shard, const trellis_request *request, trellis_token token) {
  const service_crc_shard *state = shard;
  const service_crc *me = state->plugin;
  static const trellis_pair type = {TEXT("content-type"), TEXT("text/plain")};
  char body[sizeof "12345678\n"];
  const int size = snprintf(body, sizeof body, "%08x\n", (unsigned)crc32_of(request->body.data, request->body.size));
  const trellis_response response = {
      .struct_size = sizeof response, .status = 200, .headers = &type, .header_count = 1, .body = {body, (size_t)size}};
  me->metrics->add(state->shard, me->sums, 1);
  me->service->respond(me->host, token, &response); /* it copies */
}

static const trellis_service service = {.struct_size = sizeof service, .on_request = on_request};

static const void *get_table(void *instance, trellis_view id) {
  (void)instance;
  return is(id, TRELLIS_SERVICE) ? &service : NULL;
}

static const trellis_view wants[] = {TEXT(TRELLIS_HOST_SERVICE), TEXT(TRELLIS_HOST_METRICS)};

static const trellis_descriptor descriptor = {
    .struct_size = sizeof descriptor,
    .kind = TRELLIS_KIND_SERVICE,
    .stability = TRELLIS_STABILITY_STABLE,
    .id = TEXT("service-crc"),
    .version = TEXT("1.0.0"),
    .vendor = TEXT("Trellis"),
    .summary = TEXT("Answers with the CRC-32 of what it gets."),
    .licence = TEXT("Apache-2.0"),
    .wants = wants,
    .wants_count = sizeof wants / sizeof wants[0],
};

TRELLIS_EXPORT extern const trellis_plugin trellis_plugin_entry;
const trellis_plugin trellis_plugin_entry = {
    .struct_size = sizeof trellis_plugin_entry,
    .abi_major = TRELLIS_ABI_MAJOR,
    .abi_minor = TRELLIS_ABI_MINOR,
    .descriptor = &descriptor,
    .create = create,
    .configure = configure,
    .start = start,
    .stop = stop,
    .destroy = destroy,
    .get_table = get_table,
    .shard_open = shard_open,
    .shard_close = shard_close,
};

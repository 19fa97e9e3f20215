/* The probe once more in plain C, straight against the tables: no C++ anywhere in this library. */
#include <stdlib.h>
#include <string.h>
#include <trellis/trellis.h>

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

typedef struct probe {
  trellis_host *host;
  const trellis_host_service *service;
  const trellis_host_publish *publish;
  const trellis_host_loop *loop;
  const trellis_host_metrics *metrics;
  trellis_metric requests;
} probe;

typedef struct probe_shard {
  probe *plugin;
  trellis_shard *shard;
} probe_shard;

/* A request answered when a timer is due. */
typedef struct late_answer {
  probe *plugin;
  trellis_token token;
} late_answer;

static bool is(trellis_view text, const char *other) {
  return text.size == strlen(other) && memcmp(text.data, other, text.size) == 0;
}

static void fail(trellis_error *error, const char *sentence) {
  error->size = (uint32_t)strlen(sentence);
  memcpy(error->text, sentence, error->size);
}

static const void *table_of(trellis_host *host, const trellis_host_table *host_table, const char *id) {
  const trellis_view name = {id, strlen(id)};
  return host_table->get_table(host, name);
}

static trellis_status create(trellis_host *host, const trellis_host_table *host_table, void **instance,
                             trellis_error *error) {
  probe *made = (probe *)calloc(1, sizeof *made);
  if (made == NULL) {
    fail(error, "out of memory");
    return TRELLIS_INTERNAL;
  }
  made->host = host;
  made->service = (const trellis_host_service *)table_of(host, host_table, TRELLIS_HOST_SERVICE);
  made->publish = (const trellis_host_publish *)table_of(host, host_table, TRELLIS_HOST_PUBLISH);
  made->loop = (const trellis_host_loop *)table_of(host, host_table, TRELLIS_HOST_LOOP);
  made->metrics = (const trellis_host_metrics *)table_of(host, host_table, TRELLIS_HOST_METRICS);
  *instance = made;
  return TRELLIS_OK;
}

/* The settings were checked by the schema; finding one word in them needs no parser. */
static trellis_status configure(void *instance, trellis_view config, trellis_error *error) {
  (void)instance;
  static const char refused[] = "\"never\"";
  for (size_t i = 0; i + sizeof refused - 1 <= config.size; ++i) {
    if (memcmp(config.data + i, refused, sizeof refused - 1) != 0) continue;
    fail(error, "the word \"never\" is not allowed");
    return TRELLIS_INVALID;
  }
  return TRELLIS_OK;
}

static trellis_status start(void *instance, trellis_error *error) {
  static const trellis_view name = TEXT("probe_requests_total");
  static const trellis_view help = TEXT("Requests the probe answered.");
  static const trellis_view labels = TEXT("");
  probe *me = (probe *)instance;
  (void)error;
  me->requests = me->metrics->declare(me->host, TRELLIS_METRIC_COUNTER, name, labels, help);
  return TRELLIS_OK;
}

static void stop(void *instance) { (void)instance; }

static void destroy(void *instance) { free(instance); }

static void *shard_open(void *instance, trellis_shard *shard, uint32_t index) {
  probe_shard *made = (probe_shard *)malloc(sizeof *made);
  (void)index;
  if (made == NULL) return NULL;
  made->plugin = (probe *)instance;
  made->shard = shard;
  return made;
}

static void shard_close(void *shard) { free(shard); }

static void answer(probe *me, trellis_token token, uint32_t status, trellis_view body, const trellis_pair *headers,
                   uint32_t count) {
  const trellis_response response = {
      .struct_size = sizeof response, .status = status, .headers = headers, .header_count = count, .body = body};
  me->service->respond(me->host, token, &response);
}

static void answer_text(probe *me, trellis_token token, uint32_t status, const char *text) {
  const trellis_view body = {text, strlen(text)};
  answer(me, token, status, body, NULL, 0);
}

static void on_timer(void *user) {
  late_answer *late = (late_answer *)user;
  answer_text(late->plugin, late->token, 200, "by timer\n");
  free(late);
}

static void answer_by_timer(probe_shard *state, trellis_token token) {
  late_answer *late = (late_answer *)malloc(sizeof *late);
  if (late == NULL) {
    answer_text(state->plugin, token, 500, "out of memory\n");
    return;
  }
  late->plugin = state->plugin;
  late->token = token;
  state->plugin->loop->start_timer(state->shard, 5, on_timer, late);
}

static void echo(probe *me, const trellis_request *request, trellis_token token) {
  trellis_pair header = {TEXT("x-probe"), {NULL, 0}};
  for (uint32_t i = 0; i < request->header_count; ++i) {
    if (is(request->headers[i].name, "x-probe")) header.value = request->headers[i].value;
  }
  answer(me, token, 200, request->body, &header, 1);
}

static void publish(probe_shard *state, const trellis_request *request, trellis_token token) {
  static const trellis_view name_space = TEXT("default");
  static const trellis_view sender = TEXT("probe");
  static const trellis_view nobody = TEXT("");
  const trellis_publication message = {.struct_size = sizeof message,
                                       .flags = TRELLIS_MESSAGE_RETAIN,
                                       .topic = TEXT("probe/said"),
                                       .payload = request->body,
                                       .qos = 1};
  trellis_status status = TRELLIS_STATUS_UNSET;
  state->plugin->publish->publish_as(state->shard, name_space, sender, nobody, &message, &status, 1);
  answer_text(state->plugin, token, 200, status == TRELLIS_NO_MATCH ? "nobody listened\n" : "published\n");
}

static void on_request(void *shard, const trellis_request *request, trellis_token token) {
  probe_shard *state = (probe_shard *)shard;
  state->plugin->metrics->add(state->shard, state->plugin->requests, 1);
  if (is(request->path, "/echo")) {
    echo(state->plugin, request, token);
  } else if (is(request->path, "/timer")) {
    answer_by_timer(state, token);
  } else if (is(request->path, "/publish")) {
    publish(state, request, token);
  } else {
    answer_text(state->plugin, token, 404, "no such probe\n");
  }
}

static const trellis_service service = {sizeof service, on_request};

static const void *get_table(void *instance, trellis_view id) {
  (void)instance;
  return is(id, TRELLIS_SERVICE) ? &service : NULL;
}

static const trellis_view wants[] = {TEXT(TRELLIS_HOST_SERVICE), TEXT(TRELLIS_HOST_PUBLISH), TEXT(TRELLIS_HOST_LOOP),
                                     TEXT(TRELLIS_HOST_METRICS)};

static const trellis_descriptor descriptor = {
    .struct_size = sizeof descriptor,
    .kind = TRELLIS_KIND_SERVICE,
    .stability = TRELLIS_STABILITY_STABLE,
    .id = TEXT("service-probe"),
    .version = TEXT("1.0.0"),
    .vendor = TEXT("Trellis"),
    .summary = TEXT("Answers in every way a service can."),
    .licence = TEXT("Apache-2.0"),
    .config_schema = TEXT("{\"type\": \"object\", \"properties\": {\"words\": {\"type\": \"array\", "
                          "\"items\": {\"type\": \"string\"}, \"default\": [], \"description\": \"Not used.\"}}}"),
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

/* A stage that does nothing wrong. A case defines what it does differently before it includes this file, so that every
 * case shows its one mistake and nothing else. */
#ifndef TRELLIS_TESTS_BADPLUGINS_PLUGIN_H
#define TRELLIS_TESTS_BADPLUGINS_PLUGIN_H

#include <stdlib.h>
#include <string.h>
#include <trellis/trellis.h>

#define TEXT(literal) \
  { literal, sizeof(literal) - 1 }

#ifndef ENTRY_SIZE
#define ENTRY_SIZE sizeof(trellis_plugin)
#endif
#ifndef MAJOR
#define MAJOR TRELLIS_ABI_MAJOR
#endif
#ifndef MINOR
#define MINOR TRELLIS_ABI_MINOR
#endif
#ifndef DESCRIPTOR
#define DESCRIPTOR &descriptor
#endif
#ifndef DESCRIPTOR_SIZE
#define DESCRIPTOR_SIZE sizeof(trellis_descriptor)
#endif
#ifndef KIND
#define KIND TRELLIS_KIND_STAGE
#endif
#ifndef ID
#define ID "bad"
#endif
#ifndef VERSION
#define VERSION "1.0.0"
#endif
#ifndef SCHEMA
#define SCHEMA ""
#endif
#ifndef WANTS
#define WANTS TRELLIS_HOST_LOG
#endif
#ifndef CREATE
#define CREATE create
#endif
#ifndef CONFIGURE
#define CONFIGURE configure
#endif
#ifndef START
#define START start
#endif
#ifndef STOP
#define STOP stop
#endif
#ifndef DRAIN
#define DRAIN NULL
#endif
#ifndef SHARD_OPEN
#define SHARD_OPEN NULL
#endif
#ifndef SHARD_CLOSE
#define SHARD_CLOSE NULL
#endif
#ifndef GET_TABLE
#define GET_TABLE get_table
#endif
/* The id and the address of the table it offers. */
#ifndef TABLE_ID
#define TABLE_ID TRELLIS_STAGE
#endif
#ifndef TABLE
#define TABLE &stage
#endif

/* Kept by create(): a process has one instance of a case. */
static trellis_host *the_host;
static const trellis_host_table *the_host_table;

#define UNUSED __attribute__((unused))

static UNUSED const void *host_table(const char *id) {
  const trellis_view name = {id, strlen(id)};
  return the_host_table->get_table(the_host, name);
}

static UNUSED trellis_status refuse(trellis_error *error, const char *sentence) {
  error->size = (uint32_t)strlen(sentence);
  memcpy(error->text, sentence, error->size);
  return TRELLIS_INVALID;
}

static UNUSED trellis_status create(trellis_host *host, const trellis_host_table *table, void **instance,
                                    trellis_error *error) {
  (void)error;
  the_host = host;
  the_host_table = table;
  *instance = &the_host;
  return TRELLIS_OK;
}

static UNUSED trellis_status configure(void *instance, trellis_view config, trellis_error *error) {
  (void)instance;
  (void)config;
  (void)error;
  return TRELLIS_OK;
}

static UNUSED trellis_status start(void *instance, trellis_error *error) {
  (void)instance;
  (void)error;
  return TRELLIS_OK;
}

static UNUSED void stop(void *instance) { (void)instance; }

static void destroy(void *instance) { (void)instance; }

static UNUSED void pass(void *shard, trellis_batch *batch, const trellis_message *const *messages, uint32_t *verdicts,
                        uint32_t count) {
  (void)shard;
  (void)batch;
  (void)messages;
  for (uint32_t i = 0; i < count; ++i) verdicts[i] = TRELLIS_VERDICT_PASS;
}

static UNUSED const trellis_stage stage = {sizeof stage, pass};

static UNUSED const void *get_table(void *instance, trellis_view id) {
  (void)instance;
  return id.size == strlen(TABLE_ID) && memcmp(id.data, TABLE_ID, id.size) == 0 ? (const void *)TABLE : NULL;
}

static const trellis_view wants[] = {TEXT(WANTS)};

static UNUSED const trellis_descriptor descriptor = {
    .struct_size = DESCRIPTOR_SIZE,
    .kind = KIND,
    .stability = TRELLIS_STABILITY_EXPERIMENTAL,
    .id = TEXT(ID),
    .version = TEXT(VERSION),
    .vendor = TEXT("Trellis"),
    .summary = TEXT("Is wrong in one way."),
    .licence = TEXT("Apache-2.0"),
    .config_schema = TEXT(SCHEMA),
    .wants = wants,
    .wants_count = 1,
};

TRELLIS_EXPORT extern const trellis_plugin trellis_plugin_entry;
const trellis_plugin trellis_plugin_entry = {
    .struct_size = ENTRY_SIZE,
    .abi_major = MAJOR,
    .abi_minor = MINOR,
    .descriptor = DESCRIPTOR,
    .create = CREATE,
    .configure = CONFIGURE,
    .start = START,
    .drain = DRAIN,
    .stop = STOP,
    .destroy = destroy,
    .get_table = GET_TABLE,
    .shard_open = SHARD_OPEN,
    .shard_close = SHARD_CLOSE,
};

#endif

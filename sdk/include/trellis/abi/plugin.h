/* A plugin: its descriptor, its life cycle, and the one symbol it exports.
 *
 * Life cycle: create -> configure -> start -> (shard_open per shard) -> running -> drain -> (shard_close per shard)
 * -> stop -> destroy. A changed configuration makes a new instance beside the old one; the old one drains once the
 * new one runs. There is no reload in place. A library is never unmapped. */
#ifndef TRELLIS_ABI_PLUGIN_H
#define TRELLIS_ABI_PLUGIN_H

#include <trellis/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a plugin is for. It decides which table get_table() must offer. */
enum {
  TRELLIS_KIND_LAYER = 1,         /* trellis.layer/1 */
  TRELLIS_KIND_PROTOCOL = 2,      /* trellis.protocol/1 */
  TRELLIS_KIND_AUTHENTICATOR = 3, /* trellis.authenticator/1 */
  TRELLIS_KIND_AUTHORIZER = 4,    /* trellis.authorizer/1 */
  TRELLIS_KIND_PREDICATE = 5,     /* trellis.predicate/1 */
  TRELLIS_KIND_STAGE = 6,         /* trellis.stage/1 */
  TRELLIS_KIND_HANDLER = 7,       /* trellis.handler/1 */
  TRELLIS_KIND_SERVICE = 8,       /* trellis.service/1 */
  TRELLIS_KIND_STORE = 9          /* trellis.store/1 */
};

/* What a plugin does to the system by itself, beside what it asks of the kernel. In a process of its own it can do
 * nothing else: what it did not say fails there with EPERM. */
enum {
  TRELLIS_CAPABILITY_FILES_READ = 1u << 0,
  TRELLIS_CAPABILITY_FILES_WRITE = 1u << 1, /* and read, make, rename and remove them */
  TRELLIS_CAPABILITY_NETWORK = 1u << 2,     /* sockets of its own; looking up names reads files, too */
  TRELLIS_CAPABILITY_PROCESSES = 1u << 3    /* starts programs */
};

enum { TRELLIS_STABILITY_EXPERIMENTAL = 1, TRELLIS_STABILITY_STABLE = 2, TRELLIS_STABILITY_DEPRECATED = 3 };

/* Facts about a plugin, all static: readable without creating anything. Every view is UTF-8 and lives as long as
 * the library. */
typedef struct trellis_descriptor {
  uint32_t struct_size;
  uint32_t kind;        /* TRELLIS_KIND_… */
  uint32_t stability;   /* TRELLIS_STABILITY_… */
  trellis_view id;      /* as configuration names it: lower case, digits, '-', for example "authorizer-acl" */
  trellis_view version; /* of the plugin, semantic versioning */
  trellis_view vendor;
  trellis_view summary; /* one sentence */
  trellis_view licence; /* SPDX expression */
  /* JSON Schema (the documented subset) of the plugin's config block. Validation, defaults, error texts and the
   * manual come from it. Empty: the plugin takes no configuration. */
  trellis_view config_schema;
  /* JSON Schema of the block a namespace may carry for this plugin under its id, for example limits per namespace.
   * Empty: none. */
  trellis_view namespace_schema;
  /* Ids of host tables the plugin cannot do without; loading fails with a sentence where one is missing. */
  const trellis_view *wants;
  uint32_t wants_count;
  uint32_t capabilities; /* TRELLIS_CAPABILITY_… */
} trellis_descriptor;

/* The kernel as one instance sees it. */
typedef struct trellis_host_table {
  uint32_t struct_size;
  /* The table of that id, or null where this kernel does not offer it. Tables live until destroy() returned.
   * [any, created…] */
  const void *(*get_table)(trellis_host *host, trellis_view id);
} trellis_host_table;

/* What a library exports as `trellis_plugin_entry`; nothing else may be exported. */
typedef struct trellis_plugin {
  uint32_t struct_size;
  uint16_t abi_major; /* TRELLIS_ABI_MAJOR as compiled */
  uint16_t abi_minor; /* TRELLIS_ABI_MINOR as compiled */
  const trellis_descriptor *descriptor;

  /* Makes an instance without any effect: no I/O, no thread, no registration. Writes *instance, which must not be
   * null on TRELLIS_OK. host lives until destroy returned.
   * [control] -> created */
  trellis_status (*create)(trellis_host *host, const trellis_host_table *host_table, void **instance,
                           trellis_error *error);

  /* Takes the configuration: JSON text of an object that already passed config_schema, defaults filled in, units
   * turned into integers, secrets resolved. No I/O: `trellis check` calls this too. config lives for the call.
   * [control, created] -> configured */
  trellis_status (*configure)(void *instance, trellis_view config, trellis_error *error);

  /* Opens files, starts threads. After a failure stop and destroy follow.
   * [control, configured] -> running */
  trellis_status (*start)(void *instance, trellis_error *error);

  /* Takes no new work and finishes what is under way within deadline_ms; answers at once, need not wait.
   * Null: nothing to drain.
   * [control, running] -> draining */
  void (*drain)(void *instance, uint64_t deadline_ms);

  /* Ends all activity of the instance before returning. Called in any state, possibly twice.
   * [control] */
  void (*stop)(void *instance);

  /* Frees the instance; the last call.
   * [control] */
  void (*destroy)(void *instance);

  /* The instance's table of that id or null. Tables live until destroy returned.
   * [control, created…] */
  const void *(*get_table)(void *instance, trellis_view id);

  /* Makes the state the instance keeps for one shard; it is passed as `shard` to every [shard] function of the
   * instance's tables. Null function: the instance itself is passed. Null result fails the start.
   * [shard, running] once per shard before any other call on it */
  void *(*shard_open)(void *instance, trellis_shard *shard, uint32_t index);

  /* Frees it. No connection, subscriber, timer or request of this instance is left on the shard.
   * [shard] */
  void (*shard_close)(void *shard);
} trellis_plugin;

#define TRELLIS_PLUGIN_SYMBOL "trellis_plugin_entry"

#if defined(_WIN32)
#define TRELLIS_EXPORT __declspec(dllexport)
#else
#define TRELLIS_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
}
#endif
#endif

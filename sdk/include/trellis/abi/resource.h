/* Resources: named JSON documents of declared types, kept by the kernel. A plugin says what a type looks like and
 * hears of every change; several plugins may use one type. They come from the files of the configuration and from
 * whoever calls apply(). */
#ifndef TRELLIS_ABI_RESOURCE_H
#define TRELLIS_ABI_RESOURCE_H

#include <trellis/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* One of them; views live for the call. */
typedef struct trellis_resource {
  uint32_t struct_size;
  uint32_t origin; /* TRELLIS_RESOURCE_FROM_… */
  trellis_view name_space;
  trellis_view type;
  trellis_view name;
  trellis_view key;        /* what is unique beside the name: that of the type's `key` property, or the name */
  trellis_view properties; /* one line of JSON that satisfies the type's schema, defaults filled in */
  uint64_t revision;       /* changes with every change, never comes again while the process lives */
  int64_t created_ms;      /* Unix time */
  int64_t modified_ms;     /* Unix time */
} trellis_resource;
enum {
  TRELLIS_RESOURCE_FROM_FILES = 1, /* only they change it */
  TRELLIS_RESOURCE_FROM_CALLS = 2
};

/* What becomes of one. */
typedef struct trellis_resource_change {
  uint32_t struct_size;
  const trellis_resource *before; /* null: it is new */
  const trellis_resource *after;  /* null: it goes */
} trellis_resource_change;

/* A property that holds the name of a resource of the same namespace, which has to be there as long as it is named: the
 * name, or, where names of that type have no '/', a path that ends with it, as ids of resources do. */
typedef struct trellis_resource_reference {
  trellis_view property; /* "a", or one within objects: "a/b" */
  trellis_view type;
  const trellis_view *built_in; /* names that need no resource; null: none */
  uint32_t built_in_count;
} trellis_resource_reference;

/* What a type is; copied by declare(). */
typedef struct trellis_resource_type {
  uint32_t struct_size;
  uint32_t most;                   /* in one namespace; 0: any number; of several plugins the strictest counts */
  trellis_view name;               /* plural, as in paths: "clients" */
  trellis_view schema;             /* JSON Schema of the properties, in the subset that settings have */
  trellis_view further_characters; /* that names may have beside ASCII letters and digits */
  trellis_view key; /* a text property that is unique whatever its case, stays what it is, and is the name where it is
                       missing; empty: none */
  uint32_t shortest_name; /* bytes */
  uint32_t longest_name;  /* bytes */
  const trellis_resource_reference *references;
  uint32_t reference_count;
  /* Whether a change can be, beyond what the schema says: TRELLIS_OK, or TRELLIS_INVALID with a sentence in *error,
   * which may begin with a pointer into the properties ("/query: …"). Other changes of the same call may not be there
   * yet. Never asked about what goes. Null: all can be.
   * [control, configured…] no I/O */
  trellis_status (*check)(void *plugin, const trellis_resource_change *change, trellis_error *error);
  /* Changes that were made, all of one call at once, in its order: of this type, and of those the plugin declared with
   * the same function; whoever asks find() gets them already.
   * What there is when the plugin starts is found by list(). Null: not needed.
   * [control, running] */
  void (*changed)(void *plugin, const trellis_resource_change *changes, uint32_t count);
  /* Type of what each of them belongs to; empty: each stands by itself. Where there is one, names are PARENT/REST with
   * one '/': PARENT is the name of a resource of that type in the same namespace, which has to be there as long as it
   * is named so, and the words on names above are about REST alone. A parent has no parent itself. */
  trellis_view parent;
} trellis_resource_type;

enum {
  TRELLIS_RESOURCE_PUT = 1,   /* create or replace */
  TRELLIS_RESOURCE_PATCH = 2, /* merge into what is there (RFC 7396) */
  TRELLIS_RESOURCE_REMOVE = 3 /* it has to be there */
};

/* One thing to be done. */
typedef struct trellis_resource_operation {
  uint32_t struct_size;
  uint32_t kind; /* TRELLIS_RESOURCE_PUT, … */
  trellis_view name_space;
  trellis_view type;
  trellis_view name;
  trellis_view properties; /* JSON; empty for REMOVE */
  int64_t expected;        /* revision that has to be there still; 0: none may be there; -1: any or none */
} trellis_resource_operation;

enum {
  TRELLIS_RESOURCE_DONE = 1, /* after equals before in revision: nothing had to be done */
  TRELLIS_RESOURCE_UNKNOWN_TYPE = 2,
  TRELLIS_RESOURCE_UNKNOWN_NAMESPACE = 3,
  TRELLIS_RESOURCE_NOT_FOUND = 4,
  TRELLIS_RESOURCE_INVALID = 5,     /* what is asked for is wrong in itself */
  TRELLIS_RESOURCE_MISSING = 6,     /* it names a resource that is not there, as its parent or otherwise */
  TRELLIS_RESOURCE_TAKEN = 7,       /* another one has its key */
  TRELLIS_RESOURCE_NEEDED = 8,      /* others name it, or belong to it */
  TRELLIS_RESOURCE_OUT_OF_DATE = 9, /* not what was expected to be there */
  TRELLIS_RESOURCE_NOT_YOURS = 10,  /* it stands in the files of the configuration */
  TRELLIS_RESOURCE_TOO_MANY = 11,   /* of its type in its namespace */
  TRELLIS_RESOURCE_UNKEPT = 12      /* the store takes nothing at the time: it is full, or its disk fails */
};

/* What became of an operation; views live for the call. */
typedef struct trellis_resource_result {
  uint32_t struct_size;
  uint32_t outcome;               /* TRELLIS_RESOURCE_DONE or why not */
  uint32_t operation;             /* its index */
  const trellis_resource *before; /* of DONE; null: there was none */
  const trellis_resource *after;  /* of DONE; null: there is none */
  trellis_view pointer;           /* of failures: where in the properties, as a JSON pointer; empty: all of it */
  trellis_view message;           /* of failures: a sentence */
  trellis_view suggestion;        /* of failures: what was probably meant; may be empty */
} trellis_resource_result;

/* One result for each operation where all were done; otherwise one or more for each that could not be, and nothing was
 * done. */
typedef void (*trellis_resources_fn)(void *user, const trellis_resource_result *results, uint32_t count);

#define TRELLIS_HOST_RESOURCES "trellis.host.resources/1"
typedef struct trellis_host_resources {
  uint32_t struct_size;
  /* This plugin uses resources of that type. A type that several use is the same in all its words, and there as long as
   * one of them is. TRELLIS_INVALID with the reason in *error where the type is wrong in itself; a contradiction to
   * another plugin's is found when the configuration is checked.
   * [control] within configure() */
  trellis_status (*declare)(trellis_host *host, const trellis_resource_type *type, trellis_error *error);
  /* Calls sink once with the resource of that name, before it returns. False where there is none.
   * [any, running] takes a lock */
  bool (*find)(trellis_host *host, trellis_view name_space, trellis_view type, trellis_view name, void *user,
               void (*sink)(void *user, const trellis_resource *resource));
  /* The same by its key, whatever the case of ASCII letters.
   * [any, running] takes a lock */
  bool (*find_key)(trellis_host *host, trellis_view name_space, trellis_view type, trellis_view key, void *user,
                   void (*sink)(void *user, const trellis_resource *resource));
  /* Calls sink with each behind the name `after` (empty: from the first), in the order of names, until it answers
   * false. sink must not call this table.
   * [any, running] holds a lock */
  void (*list)(trellis_host *host, trellis_view name_space, trellis_view type, trellis_view after, void *user,
               bool (*sink)(void *user, const trellis_resource *resource));
  /* Calls sink with the name of every type.
   * [any, running] takes a lock */
  void (*types)(trellis_host *host, void *user, void (*sink)(void *user, trellis_view name));
  /* Does all of it or nothing, in the name of callers; `dry` only finds out. done is called once, on this shard, never
   * within the call, unless the broker stops before.
   * [shard, running] what is passed is copied */
  void (*apply)(trellis_host *host, trellis_shard *shard, const trellis_resource_operation *operations, uint32_t count,
                bool dry, void *user, trellis_resources_fn done);
  /* Calls sink once with what a type is, in the words of those that declare it, its functions null. False where there
   * is none of that name. sink must not call this table.
   * [any, running] holds a lock */
  bool (*describe)(trellis_host *host, trellis_view type, void *user,
                   void (*sink)(void *user, const trellis_resource_type *type));
  /* This plugin hears of changes of every type, whoever declares it: all of one call at once, in its order, when those
   * that declare them have heard.
   * [control] within configure(), once; changed: [control, running] */
  void (*observe)(trellis_host *host,
                  void (*changed)(void *plugin, const trellis_resource_change *changes, uint32_t count));
} trellis_host_resources;

#ifdef __cplusplus
}
#endif
#endif

/* Stores: they keep queues of messages and records beyond the process.
 *
 * A store keeps and gives back; it decides nothing. Leases, order of delivery, limits, expiry and dead letters are the
 * kernel's, which numbers the entries of every queue itself and says what happens to them. What a body, an extra, a
 * note or a value means is the kernel's affair too. */
#ifndef TRELLIS_ABI_STORE_H
#define TRELLIS_ABI_STORE_H

#include <trellis/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What has to go wrong before something is lost. */
enum {
  TRELLIS_DURABILITY_VOLATILE = 1, /* kept while the process lives */
  TRELLIS_DURABILITY_WRITTEN = 2,  /* survives the process: with the operating system */
  TRELLIS_DURABILITY_SYNCED = 3    /* survives loss of power: on the medium */
};

/* One change. What a kind does not name below is ignored. */
enum {
  /* A message comes into queues: `body` is kept once however many `targets` there are. The number of a target is above
   * all that its queue ever had, but for entries read from a store (see TRELLIS_STORE_NOTE). */
  TRELLIS_STORE_APPEND = 1,
  /* Entries of `queue` from `first` to `last` are over, both included; numbers that are not there are passed over. */
  TRELLIS_STORE_SETTLE = 2,
  /* `note` is kept with entry `first` of `queue` in place of the one before, and given back with it: deliveries
   * counted, a packet id. An entry that is not there is passed over. */
  TRELLIS_STORE_NOTE = 3,
  /* `mark` belongs to the set of numbers kept with `queue`, or no longer does. */
  TRELLIS_STORE_MARK = 4,
  TRELLIS_STORE_UNMARK = 5,
  /* All entries and marks of `queue` are over. */
  TRELLIS_STORE_DROP = 6,
  /* `key` has the value `body` from now on; or has none. */
  TRELLIS_STORE_PUT = 7,
  TRELLIS_STORE_REMOVE = 8
};

/* A queue a message comes into. */
typedef struct trellis_store_target {
  uint64_t queue;     /* chosen by the kernel, never 0, never another queue's again */
  uint64_t number;    /* never 0 */
  trellis_view extra; /* at most TRELLIS_STORE_MOST_EXTRA bytes of this target alone, given back with the entry */
} trellis_store_target;

typedef struct trellis_store_note {
  uint64_t words[2];
} trellis_store_note;

typedef struct trellis_store_change {
  uint32_t kind; /* TRELLIS_STORE_… */
  uint32_t mark;
  uint64_t queue;
  uint64_t first;
  uint64_t last;
  trellis_view body; /* at most TRELLIS_STORE_MOST_BODY bytes */
  trellis_view key;  /* 1 to TRELLIS_STORE_MOST_KEY bytes of any kind */
  const trellis_store_target *targets;
  uint32_t target_count; /* at least 1 */
  uint32_t reserved;
  trellis_store_note note;
} trellis_store_change;

#define TRELLIS_STORE_MOST_BODY (300u * 1024 * 1024)
#define TRELLIS_STORE_MOST_KEY 65535u
#define TRELLIS_STORE_MOST_EXTRA 4096u

/* One entry of a queue that was read. */
typedef struct trellis_store_entry {
  uint64_t number;
  trellis_view body;
  trellis_view extra;
  trellis_store_note note;
} trellis_store_entry;

/* One record. */
typedef struct trellis_store_record {
  trellis_view key;
  trellis_view value;
} trellis_store_record;

/* What is kept of one queue. */
typedef struct trellis_store_queue {
  uint64_t queue;
  uint64_t first; /* number of its first entry, 0: none */
  uint64_t last;
  uint64_t entries;
  uint64_t bytes; /* bodies of those, each counted in every queue */
  const uint32_t *marks;
  uint64_t mark_count;
} trellis_store_queue;

/* Figures of the whole store. */
typedef struct trellis_store_figures {
  uint32_t struct_size;
  uint32_t state; /* TRELLIS_STORE_STATE_… */
  uint64_t queues;
  uint64_t entries;
  uint64_t records;
  uint64_t live_bytes;    /* of what is kept */
  uint64_t used_bytes;    /* on the medium */
  uint64_t free_bytes;    /* left to it there, UINT64_MAX: not known */
  uint64_t waiting_bytes; /* accepted and not at their level yet */
} trellis_store_figures;

enum {
  TRELLIS_STORE_STATE_GOOD = 1,
  TRELLIS_STORE_STATE_FULL = 2, /* changes that add are refused, those that free are taken; it tries again by itself */
  TRELLIS_STORE_STATE_FAILING = 3 /* every change is refused; it tries again by itself */
};

/* A store takes changes on every shard and answers each call once, through the host table below. */
#define TRELLIS_STORE "trellis.store/1"
typedef struct trellis_store {
  uint32_t struct_size;
  uint32_t strongest; /* the most it can promise: TRELLIS_DURABILITY_… */
  /* Calls sink once for every queue, then once for every record, in no order, as they were when the store was started.
   * Answers before the first write. Views live for the call of the sink. TRELLIS_OK: that was all; TRELLIS_INTERNAL:
   * some of it could not be read, which the log tells. [control, running] */
  trellis_status (*restore)(void *instance, void *user, void (*queue)(void *user, const trellis_store_queue *queue),
                            void (*record)(void *user, const trellis_store_record *record));
  /* Takes changes, in order: those of one call and those of later calls of the same shard, and those of another shard
   * if they were asked for after this call returned. After a crash a prefix of that order holds, and of one call all
   * or nothing. Copies what it needs. TRELLIS_OK: answered later with token through
   * stored(); anything else is the answer, and nothing of it was taken: TRELLIS_UNAVAILABLE while the store is full or
   * failing, TRELLIS_TOO_LARGE, TRELLIS_INVALID.
   * [shard, running] */
  trellis_status (*write)(void *shard, const trellis_store_change *changes, uint32_t count, uint32_t durability,
                          trellis_token token);
  /* Asks for entries of a queue after a number, in order: at most `entries` of them, and no more than fit `bytes` of
   * body and extra, though at least one. Answered with token through entries(). Sees all this shard has written before.
   * TRELLIS_OK, or TRELLIS_UNAVAILABLE: too many wait.
   * [shard, running] */
  trellis_status (*read)(void *shard, uint64_t queue, uint64_t after, uint32_t entries, uint64_t bytes,
                         trellis_token token);
  /* [any, running] */
  void (*figures)(void *instance, trellis_store_figures *figures);
} trellis_store;

#define TRELLIS_HOST_STORE "trellis.host.store/1"
typedef struct trellis_host_store {
  uint32_t struct_size;
  /* The changes of a write() are at the level asked for (TRELLIS_OK), or nobody can say (TRELLIS_INTERNAL, with the
   * reason in the log): they may be there after a restart or not. In the order of the calls of one level on that
   * shard.
   * [any, running] */
  void (*stored)(trellis_host *host, uint32_t shard_index, trellis_token token, trellis_status status);
  /* What a read() asked for; entries live for the call. TRELLIS_OK, also where there is nothing; TRELLIS_INTERNAL where
   * they could not be read.
   * [any, running] */
  void (*entries)(trellis_host *host, uint32_t shard_index, trellis_token token, trellis_status status,
                  const trellis_store_entry *entries, uint32_t count);
} trellis_host_store;

#ifdef __cplusplus
}
#endif
#endif

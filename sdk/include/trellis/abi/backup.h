/* Backups: copies of what a store keeps, made while it is used. A store may offer a table of its own for them beside
 * its trellis.store/1; whoever wants one asks the host, which knows the store. */
#ifndef TRELLIS_ABI_BACKUP_H
#define TRELLIS_ABI_BACKUP_H

#include <trellis/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  TRELLIS_BACKUP_NONE = 1,      /* none was asked for since the store was started */
  TRELLIS_BACKUP_COPYING = 2,   /* under way */
  TRELLIS_BACKUP_VERIFYING = 3, /* copied; the copy is being read */
  TRELLIS_BACKUP_DONE = 4,      /* whole, on the medium, and under its name */
  TRELLIS_BACKUP_FAILED = 5     /* it came to nothing */
};

/* The backup that was begun last. */
typedef struct trellis_backup {
  uint32_t struct_size;
  uint32_t state;      /* TRELLIS_BACKUP_… */
  uint64_t number;     /* counted from 1 since the store was started; 0: none */
  uint64_t done_bytes; /* copied */
  uint64_t total_bytes;
  trellis_view name;   /* as it was asked for */
  trellis_view reason; /* a sentence, where it failed */
} trellis_backup;

#define TRELLIS_STORE_BACKUP "trellis.store.backup/1"
typedef struct trellis_store_backup {
  uint32_t struct_size;
  uint32_t reserved;
  /* Begins a copy of what is kept, under a name of letters, digits, '.', '_' and '-' in the place that the store is
   * configured with. What it holds is a prefix of the store's order, with all that was answered before this call. Does
   * not wait. TRELLIS_OK, or with the reason in error: TRELLIS_UNSUPPORTED, no place is configured;
   * TRELLIS_UNAVAILABLE, another one is under way or the store does not run; TRELLIS_INVALID, the name. [any, running]
   */
  trellis_status (*begin)(void *instance, trellis_view name, trellis_error *error);
  /* Calls tell once, before it returns; views live for that call.
   * [any, running] */
  void (*look)(void *instance, void *user, void (*tell)(void *user, const trellis_backup *backup));
} trellis_store_backup;

#define TRELLIS_HOST_BACKUP "trellis.host.backup/1"
typedef struct trellis_host_backup {
  uint32_t struct_size;
  uint32_t reserved;
  /* The same of the broker's store. TRELLIS_UNSUPPORTED also where there is no store, or none that offers backups.
   * [any, running] */
  trellis_status (*begin)(trellis_host *host, trellis_view name, trellis_error *error);
  /* Of a broker without such a store: TRELLIS_BACKUP_NONE.
   * [any, running] */
  void (*look)(trellis_host *host, void *user, void (*tell)(void *user, const trellis_backup *backup));
} trellis_host_backup;

#ifdef __cplusplus
}
#endif
#endif

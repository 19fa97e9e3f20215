/* Tables of one plugin that another one calls. Whoever delivers calls handlers; a protocol whose clients take events
 * from queues calls the service that has them. Both sides agree on a table; the host finds who offers it. */
#ifndef TRELLIS_ABI_BORROW_H
#define TRELLIS_ABI_BORROW_H

#include <trellis/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct trellis_lender trellis_lender;

/* What was found. It is good for as long as the borrower runs: also a lender that is drained answers, as it would
 * have answered the host, until the broker stops. */
typedef struct trellis_borrowed {
  uint32_t struct_size;
  uint32_t reserved;
  const trellis_lender *lender; /* the same as long as it is the same instance */
  const void *table;
  void *instance; /* what is passed as `instance` to functions of the table */
} trellis_borrowed;

#define TRELLIS_HOST_BORROW "trellis.host.borrow/1"
typedef struct trellis_host_borrow {
  uint32_t struct_size;
  uint32_t reserved;
  /* Finds the table of that id. name: the plugin, as the configuration calls it; empty: the first by name that offers
   * the table. While resources are judged it finds the plugins of the configuration that is about to be used, which
   * may not run yet. TRELLIS_UNAVAILABLE where no such plugin runs, TRELLIS_UNSUPPORTED where it does not offer the
   * table. [control, configured…] */
  trellis_status (*borrow)(trellis_host *host, trellis_view name, trellis_view table, trellis_borrowed *borrowed);
  /* What is passed as `shard` to functions of the table on this shard; null where the lender has stopped: ask each
   * time.
   * [shard] */
  void *(*shard)(const trellis_lender *lender, const trellis_shard *shard);
} trellis_host_borrow;

#define TRELLIS_BORROWER "trellis.borrower/1"
typedef struct trellis_borrower {
  uint32_t struct_size;
  uint32_t reserved;
  /* Which plugins run has changed: at the end of the start, when all of them run and have what outlived the process,
   * and of each reload, before those that left are drained. What was borrowed before may be of another instance now:
   * borrow again.
   * [control, running] */
  void (*lenders_changed)(void *instance);
} trellis_borrower;

#ifdef __cplusplus
}
#endif
#endif

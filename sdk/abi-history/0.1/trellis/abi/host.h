/* Small things the kernel offers every plugin: log, metrics, time, timers, posting between threads. */
#ifndef TRELLIS_ABI_HOST_H
#define TRELLIS_ABI_HOST_H

#include <trellis/abi/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  TRELLIS_LOG_TRACE = 1,
  TRELLIS_LOG_DEBUG = 2,
  TRELLIS_LOG_INFO = 3,
  TRELLIS_LOG_WARN = 4,
  TRELLIS_LOG_ERROR = 5
};

#define TRELLIS_HOST_LOG "trellis.host.log/1"
typedef struct trellis_host_log {
  uint32_t struct_size;
  /* Whether a line of that level would be written; ask before formatting.
   * [any] */
  bool (*enabled)(trellis_host *host, uint32_t level);
  /* Writes one structured line: a sentence and fields. The plugin's id is added. Never blocks: when the writer
   * cannot follow, lines are dropped and counted.
   * [any] */
  void (*write)(trellis_host *host, uint32_t level, trellis_view text, const trellis_pair *fields, uint32_t count);
} trellis_host_log;

enum {
  TRELLIS_METRIC_COUNTER = 1, /* only grows; name ends in _total */
  TRELLIS_METRIC_GAUGE = 2,   /* goes up and down */
  /* A part of a histogram of whole numbers. Where the labels end with le="BOUND" it counts those values that are above
   * the bound declared before and not above this one; the last bound is +Inf. Without le it is the sum of all values,
   * which are not negative. Bounds are declared in ascending order; whoever renders adds them up, and makes _bucket,
   * _sum and _count of them. */
  TRELLIS_METRIC_HISTOGRAM = 3
};

/* A registered metric. 0 is none. */
typedef uint32_t trellis_metric;

#define TRELLIS_HOST_METRICS "trellis.host.metrics/1"
typedef struct trellis_host_metrics {
  uint32_t struct_size;
  /* Registers a metric, or answers the one registered before by that name and labels; 0 when the table is full or
   * the name is not [a-z_][a-z0-9_]*. labels is Prometheus text without braces, for example `version="5"`, or empty.
   * [control] or [shard] outside the message path */
  trellis_metric (*declare)(trellis_host *host, uint32_t type, trellis_view name, trellis_view labels,
                            trellis_view help);
  /* Adds to the shard's own counter: no lock, no atomic read-modify-write.
   * [shard] */
  void (*add)(trellis_shard *shard, trellis_metric metric, int64_t amount);
  /* Adds from any thread; slower.
   * [any] */
  void (*add_any)(trellis_host *host, trellis_metric metric, int64_t amount);
  /* The sum over all shards.
   * [any] */
  int64_t (*read)(trellis_host *host, trellis_metric metric);
  /* Hands the Prometheus text of everything to sink, in pieces, before it returns.
   * [any] */
  void (*render)(trellis_host *host, void *user, void (*sink)(void *user, trellis_view piece));
  /* TRELLIS_OK when the broker takes traffic; otherwise TRELLIS_UNAVAILABLE with the reason in *error.
   * [any] */
  trellis_status (*ready)(trellis_host *host, trellis_error *error);
} trellis_host_metrics;

/* Called when a timer is due. [shard] */
typedef void (*trellis_timer_fn)(void *user);
/* Called on the shard it was posted to. [shard] */
typedef void (*trellis_post_fn)(void *user);

#define TRELLIS_HOST_LOOP "trellis.host.loop/1"
typedef struct trellis_host_loop {
  uint32_t struct_size;
  /* Number of shards; fixed while the process lives.
   * [any] */
  uint32_t (*shard_count)(trellis_host *host);
  /* Index of a shard, 0 … shard_count-1.
   * [any] */
  uint32_t (*shard_index)(const trellis_shard *shard);
  /* Monotonic milliseconds, read once per loop turn.
   * [shard] */
  uint64_t (*now_ms)(const trellis_shard *shard);
  /* Unix time in milliseconds, read once per loop turn.
   * [shard] */
  int64_t (*wall_ms)(const trellis_shard *shard);
  /* Calls fn(user) once, delay_ms from now or a little later; precision is 16 ms. Answers a token for cancel.
   * [shard] */
  trellis_token (*start_timer)(trellis_shard *shard, uint64_t delay_ms, trellis_timer_fn fn, void *user);
  /* True when the timer had not fired and now never will.
   * [shard] */
  bool (*cancel_timer)(trellis_shard *shard, trellis_token timer);
  /* Runs fn(user) on a shard in the order posted by this thread. False once that shard is gone: fn will not run and
   * user stays the caller's.
   * [any] */
  bool (*post)(trellis_host *host, uint32_t shard_index, trellis_post_fn fn, void *user);
  /* The shard whose loop runs on this thread, or null.
   * [any] */
  trellis_shard *(*current_shard)(trellis_host *host);
} trellis_host_loop;

#define TRELLIS_HOST_NAMESPACE "trellis.host.namespace/1"
/* What a plugin may know about a namespace of the configuration. */
typedef struct trellis_host_namespace {
  uint32_t struct_size;
  /* Number of namespaces, and the name of one (0 … count-1); the views live until the instance stopped.
   * [any, configured…] */
  uint32_t (*count)(trellis_host *host);
  trellis_view (*name)(trellis_host *host, uint32_t index);
  /* JSON text of the block the namespace carries for this plugin (namespace_schema), defaults filled in; empty
   * where the plugin declared no such schema. Lives until the instance stopped.
   * [any, configured…] */
  trellis_view (*config)(trellis_host *host, uint32_t index);
} trellis_host_namespace;

#ifdef __cplusplus
}
#endif
#endif

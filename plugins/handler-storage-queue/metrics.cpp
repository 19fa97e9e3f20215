#include "metrics.hpp"

namespace storage_queue {

Metrics Metrics::declare(const trellis::Host& host) {
  Metrics made;
  made.puts = common::CauseMetrics::declare(
      host, {"trellis_handler_storage_queue_messages_total", "Messages put into storage queues, by what came of it.",
             "result", "delivered"});
  made.events = common::DeliveryMetrics::declare(host, "trellis_handler_storage_queue");
  made.checks =
      common::OutcomeMetrics::declare(host, {"trellis_handler_storage_queue_checks_total",
                                             "Storage queues asked whether they are there.", "verdict", "consent"});
  made.milliseconds = host.counter("trellis_handler_storage_queue_milliseconds_total",
                                   "Time that putting messages took, waits included.");
  made.under_way = host.gauge("trellis_handler_storage_queue_events", "Events on their way to storage queues.");
  made.http = trellis::http::ClientMetrics::declare(host, R"(handler="storage_queue")");
  return made;
}

}  // namespace storage_queue

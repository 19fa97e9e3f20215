#include "metrics.hpp"

#include <string>
#include <string_view>

namespace storage_queue {
namespace {

// In the order of trellis::Cause, and of Outcome.
constexpr std::array<std::string_view, Metrics::kCauses> kCauseNames = {
    "delivered",    "busy",      "timed_out",   "socket",    "resolution", "not_found", "disabled", "full",
    "unauthorized", "forbidden", "bad_request", "too_large", "canceled",   "aborted",   "other"};
constexpr std::array<std::string_view, Metrics::kOutcomes> kDeliveryNames = {"delivered", "retry", "refused"};
constexpr std::array<std::string_view, Metrics::kOutcomes> kCheckNames = {"consent", "retry", "refused"};

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}

}  // namespace

Metrics Metrics::declare(const trellis::Host& host) {
  Metrics made;
  for (std::size_t i = 0; i < kCauses; ++i) {
    made.puts.at(i) =
        host.counter("trellis_handler_storage_queue_messages_total",
                     "Messages put into storage queues, by what came of it.", label("result", kCauseNames.at(i)));
  }
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    made.deliveries.at(i) = host.counter("trellis_handler_storage_queue_deliveries_total",
                                         "Events handed to handler-storage-queue, by what became of them.",
                                         label("outcome", kDeliveryNames.at(i)));
    made.checks.at(i) =
        host.counter("trellis_handler_storage_queue_checks_total", "Storage queues asked whether they are there.",
                     label("verdict", kCheckNames.at(i)));
  }
  made.milliseconds = host.counter("trellis_handler_storage_queue_milliseconds_total",
                                   "Time that putting messages took, waits included.");
  made.under_way = host.gauge("trellis_handler_storage_queue_events", "Events on their way to storage queues.");
  made.http = trellis::http::ClientMetrics::declare(host, label("handler", "storage_queue"));
  return made;
}

}  // namespace storage_queue

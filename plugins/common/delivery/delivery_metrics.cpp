#include "delivery_metrics.hpp"

#include <string>

namespace common {
namespace {

constexpr std::array<std::string_view, 3> kOutcomes = {"delivered", "retry", "refused"};
// In the order of trellis::Cause.
constexpr std::array<std::string_view, DeliveryMetrics::kCauses> kCauseNames = {
    "none",         "busy",      "timed_out",   "socket",    "resolution", "not_found", "disabled", "full",
    "unauthorized", "forbidden", "bad_request", "too_large", "canceled",   "aborted",   "other"};

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}

}  // namespace

DeliveryMetrics DeliveryMetrics::declare(const trellis::Host& host, std::string_view handler) {
  const std::string front = "trellis_handler_" + std::string(handler);
  DeliveryMetrics made;
  for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
    made.deliveries.at(i) =
        host.counter(front + "_deliveries_total", "Events handed to this handler, by what became of them.",
                     label("outcome", kOutcomes.at(i)));
  }
  for (std::size_t i = 0; i < kCauses; ++i) {
    made.failures.at(i) = host.counter(front + "_failures_total", "Events this handler did not deliver, by cause.",
                                       label("cause", kCauseNames.at(i)));
  }
  return made;
}

void DeliveryMetrics::count(const peer_link::Verdict& verdict, std::int64_t events) const noexcept {
  deliveries[static_cast<std::size_t>(verdict.outcome)].add_any(events);
  if (verdict.outcome != peer_link::Outcome::delivered)
    failures[static_cast<std::size_t>(verdict.cause)].add_any(events);
}

}  // namespace common

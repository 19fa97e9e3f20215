#include "common/peer_link/link_metrics.hpp"

#include <string>
#include <trellis/shard.hpp>

namespace peer_link {
namespace {

// In the order of Outcome, and of trellis::Cause.
constexpr std::array<std::string_view, LinkMetrics::kOutcomes> kOutcomeNames = {"delivered", "retry", "refused"};
constexpr std::array<std::string_view, LinkMetrics::kCauses> kCauseNames = {
    "unknown",      "busy",      "timed_out",   "socket",    "resolution", "not_found", "disabled", "full",
    "unauthorized", "forbidden", "bad_request", "too_large", "canceled",   "aborted",   "other"};

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}

}  // namespace

void LinkMetrics::count(const trellis::Shard& shard, const Verdict& verdict) const noexcept {
  deliveries[static_cast<std::size_t>(verdict.outcome)].add(shard);
  if (verdict.outcome != Outcome::delivered) failures[static_cast<std::size_t>(verdict.cause)].add(shard);
}

void LinkMetrics::count_any(const Verdict& verdict) const noexcept {
  deliveries[static_cast<std::size_t>(verdict.outcome)].add_any();
  if (verdict.outcome != Outcome::delivered) failures[static_cast<std::size_t>(verdict.cause)].add_any();
}

LinkMetrics LinkMetrics::declare(const trellis::Host& host, std::string_view handler) {
  const std::string front = "trellis_handler_" + std::string(handler) + "_";
  LinkMetrics made;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    made.deliveries.at(i) = host.counter(front + "deliveries_total",
                                         "Events handed to the handler, by what became of "
                                         "them.",
                                         label("outcome", kOutcomeNames.at(i)));
  }
  for (std::size_t i = 0; i < kCauses; ++i) {
    made.failures.at(i) = host.counter(front + "failures_total", "Of these, those that were not delivered, by cause.",
                                       label("cause", kCauseNames.at(i)));
  }
  made.overflows = host.counter(front + "overflows_total", "Events sent back because too many waited to be sent.");
  const std::string_view attempts = "Connections to peers: opened, failed before the peer greeted, lost afterwards.";
  made.opened = host.counter(front + "dials_total", attempts, label("result", "opened"));
  made.failed = host.counter(front + "dials_total", attempts, label("result", "failed"));
  made.lost = host.counter(front + "dials_total", attempts, label("result", "lost"));
  made.connections = host.gauge(front + "connections", "Connections to peers that are open.");
  made.waiting = host.gauge(front + "waiting", "Events that wait to be sent.");
  made.in_flight = host.gauge(front + "in_flight", "Events that were sent and not confirmed yet.");
  return made;
}

}  // namespace peer_link

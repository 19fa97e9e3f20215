#include "metrics.hpp"

#include <string>

namespace events_service {
namespace {

constexpr std::array<std::string_view, kAskings> kOperations = {
    "unknown", "publish", "receive", "acknowledge", "release", "reject", "renew", "dead_letters", "deliveries"};

void declare_requests(Metrics& metrics, const trellis::Host& host) {
  for (std::size_t what = 0; what < kAskings; ++what) {
    const std::string operation = "operation=\"" + std::string(kOperations[what]) + '"';
    for (std::size_t outcome = 0; outcome < kOutcomes; ++outcome) {
      metrics.requests[what][outcome] =
          host.counter("trellis_events_requests_total", "Requests of the event API that were answered.",
                       operation + ",result=\"" + std::string(name_of(static_cast<Outcome>(outcome))) + '"');
    }
    const auto asking = static_cast<Asking>(what);
    if (asking == Asking::unknown || asking == Asking::dead_letters || asking == Asking::deliveries) continue;
    metrics.latency[what] = host.histogram(
        "trellis_events_latency_microseconds",
        "How long requests took that were answered with success, from their last byte to their answer; a receive that "
        "waited, since there were events for it.",
        {100, 250, 1'000, 2'500, 10'000, 25'000, 100'000, 250'000, 1'000'000, 5'000'000}, operation);
  }
}

}  // namespace

void Metrics::count(const trellis::Shard& shard, const Answered& answered) const noexcept {
  const auto what = static_cast<std::size_t>(answered.asked.what);
  requests[what][static_cast<std::size_t>(answered.outcome)].add(shard);
  if (answered.took_us >= 0) latency[what].add(shard, answered.took_us);
}

void Metrics::declare(const trellis::Host& host) {
  declare_requests(*this, host);
  const auto outcome = [&](std::string_view name, std::string_view help, std::string_view word) {
    return host.counter(name, help, "outcome=\"" + std::string(word) + "\"");
  };
  static constexpr std::string_view kPublished = "Events that were published, or refused.";
  published = outcome("trellis_events_published_total", kPublished, "success");
  publish_failed = outcome("trellis_events_published_total", kPublished, "failure");
  static constexpr std::string_view kMatched = "Events that at least one subscription wants, or none.";
  matched = outcome("trellis_events_matched_total", kMatched, "matched");
  unmatched = outcome("trellis_events_matched_total", kMatched, "unmatched");
  static constexpr std::string_view kReceived =
      "Events that clients received, and those whose client had gone, or that were asked for in vain.";
  received = outcome("trellis_events_received_total", kReceived, "success");
  receive_failed = outcome("trellis_events_received_total", kReceived, "failure");
  static constexpr std::string_view kAcknowledged = "Lock tokens that were acknowledged, or could not be.";
  acknowledged = outcome("trellis_events_acknowledged_total", kAcknowledged, "success");
  acknowledge_failed = outcome("trellis_events_acknowledged_total", kAcknowledged, "failure");
  static constexpr std::string_view kReleased = "Lock tokens that were released, or could not be.";
  released = outcome("trellis_events_released_total", kReleased, "success");
  release_failed = outcome("trellis_events_released_total", kReleased, "failure");
  static constexpr std::string_view kRejected = "Lock tokens that were rejected, or could not be.";
  rejected = outcome("trellis_events_rejected_total", kRejected, "success");
  reject_failed = outcome("trellis_events_rejected_total", kRejected, "failure");
  static constexpr std::string_view kRenewed = "Locks that were renewed, or could not be.";
  renewed = outcome("trellis_events_renewed_total", kRenewed, "success");
  renew_failed = outcome("trellis_events_renewed_total", kRenewed, "failure");
  locks_expired = host.counter("trellis_events_locks_expired_total", "Locks that ended without being settled.");
  static constexpr std::string_view kDropped = "Events that are never delivered and went to no dead letters.";
  const auto dropped = [&](std::string_view reason) {
    return host.counter("trellis_events_dropped_total", kDropped, "reason=\"" + std::string(reason) + "\"");
  };
  dropped_rejected = dropped("rejected");
  dropped_exhausted = dropped("maximum_deliveries");
  dropped_expired = dropped("expired");
  static constexpr std::string_view kBuried = "Events that went to dead letters, and attempts that failed.";
  dead_lettered = outcome("trellis_events_dead_lettered_total", kBuried, "success");
  dead_letters_failed = outcome("trellis_events_dead_lettered_total", kBuried, "failure");
  static constexpr std::string_view kRedriven = "Dead letters that went back to where they came from, or could not.";
  redriven = outcome("trellis_events_redriven_total", kRedriven, "success");
  redrive_failed = outcome("trellis_events_redriven_total", kRedriven, "failure");
  mqtt_failed = host.counter(
      "trellis_events_mqtt_failed_total",
      "Events that could not become MQTT messages: their subject is no topic, or the broker refused them.");
  streams = host.gauge("trellis_events_streams", "Streams of event subscriptions that are open.");
  streams_refused = host.counter("trellis_events_streams_refused_total",
                                 "Streams that were not opened, as their shard or subscription has as many as may be.");
  waiting = host.gauge("trellis_events_waiting_receives", "Receive requests that wait for events.");
  locked = host.gauge("trellis_events_locked",
                      "Events that are locked, released with a delay, or on their way to dead letters.");
}

}  // namespace events_service

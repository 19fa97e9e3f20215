/// What the event API counts.
#pragma once

#include <array>
#include <trellis/host.hpp>

#include "witness.hpp"

namespace events_service {

struct Metrics {
  void declare(const trellis::Host& host);
  void count(const trellis::Shard& shard, const Answered& answered) const noexcept;

  trellis::Metric published, publish_failed, matched, unmatched;
  trellis::Metric received, receive_failed, acknowledged, acknowledge_failed, released, release_failed, rejected,
      reject_failed, renewed, renew_failed;
  trellis::Metric locks_expired, dropped_rejected, dropped_exhausted, dropped_expired, dead_lettered,
      dead_letters_failed, redriven, redrive_failed;
  trellis::Metric mqtt_failed, waiting, locked, streams, streams_refused;
  std::array<std::array<trellis::Metric, kOutcomes>, kAskings> requests;
  std::array<trellis::Histogram, kAskings> latency;  // of those that are timed
};

}  // namespace events_service

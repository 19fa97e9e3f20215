// What the plugin counts.
#pragma once

#include <array>
#include <cstdint>
#include <trellis/handler.hpp>
#include <trellis/host.hpp>

#include "common/http/client.hpp"
#include "verdict.hpp"

namespace hooks {

struct Metrics {
  static constexpr std::size_t kCauses = 15;
  static constexpr std::size_t kOutcomes = 4;  // of events
  static constexpr std::size_t kVerdicts = 5;  // of endpoints that are asked

  std::array<trellis::Metric, kCauses> requests;  // by cause
  std::array<trellis::Metric, kOutcomes> deliveries;
  std::array<trellis::Metric, kVerdicts> checks;
  trellis::Metric milliseconds;
  trellis::Metric under_way;
  trellis::Metric tokens_fetched;
  trellis::Metric tokens_failed;
  trellis::http::ClientMetrics http;

  const trellis::Metric& request(trellis::Cause cause) const { return requests.at(static_cast<std::size_t>(cause)); }
  const trellis::Metric& delivery(Outcome outcome) const { return deliveries.at(static_cast<std::size_t>(outcome)); }
  const trellis::Metric& check(Outcome outcome) const { return checks.at(static_cast<std::size_t>(outcome)); }

  static Metrics declare(const trellis::Host& host);
};

}  // namespace hooks

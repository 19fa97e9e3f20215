// What the plugin counts.
#pragma once

#include <array>
#include <cstdint>
#include <trellis/handler.hpp>
#include <trellis/host.hpp>

#include "common/azure_storage/fault.hpp"
#include "common/http/client.hpp"

namespace storage_queue {

struct Metrics {
  static constexpr std::size_t kCauses = 15;
  static constexpr std::size_t kOutcomes = 3;

  std::array<trellis::Metric, kCauses> puts;  // by cause
  std::array<trellis::Metric, kOutcomes> deliveries;
  std::array<trellis::Metric, kOutcomes> checks;
  trellis::Metric milliseconds;
  trellis::Metric under_way;  // events
  trellis::http::ClientMetrics http;

  const trellis::Metric& put(trellis::Cause cause) const { return puts.at(static_cast<std::size_t>(cause)); }
  const trellis::Metric& delivery(azure_storage::Outcome outcome) const {
    return deliveries.at(static_cast<std::size_t>(outcome));
  }
  const trellis::Metric& check(azure_storage::Outcome outcome) const {
    return checks.at(static_cast<std::size_t>(outcome));
  }

  static Metrics declare(const trellis::Host& host);
};

}  // namespace storage_queue

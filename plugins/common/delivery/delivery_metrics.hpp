// What every handler counts of its events.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <trellis/host.hpp>

#include "common/peer_link/verdict.hpp"

namespace common {

/// trellis_handler_<name>_deliveries_total{outcome} and trellis_handler_<name>_failures_total{cause}. [any]
struct DeliveryMetrics {
  static constexpr std::size_t kCauses = 15;  // those of trellis::Cause

  std::array<trellis::Metric, 3> deliveries;
  std::array<trellis::Metric, kCauses> failures;  // the first, "none", is of failures nobody knows the cause of

  static DeliveryMetrics declare(const trellis::Host& host, std::string_view handler);
  void count(const peer_link::Verdict& verdict, std::int64_t events = 1) const noexcept;
};

}  // namespace common

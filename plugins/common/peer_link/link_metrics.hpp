// What links count, under the names of their handler.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <trellis/handler.hpp>
#include <trellis/host.hpp>

#include "common/peer_link/verdict.hpp"

namespace peer_link {

struct LinkMetrics {
  static constexpr std::size_t kOutcomes = 3;
  static constexpr std::size_t kCauses = 15;

  std::array<trellis::Metric, kOutcomes> deliveries;
  std::array<trellis::Metric, kCauses> failures;  // by cause
  trellis::Metric overflows;                      // too many waited
  trellis::Metric opened, failed, lost;           // connections
  trellis::Metric connections, waiting, in_flight;

  void count(const trellis::Shard& shard, const Verdict& verdict) const noexcept;

  /// handler: "redis" declares trellis_handler_redis_….
  static LinkMetrics declare(const trellis::Host& host, std::string_view handler);
};

}  // namespace peer_link

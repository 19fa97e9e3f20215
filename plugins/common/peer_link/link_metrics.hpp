// What links count, under the names of their handler.
#pragma once

#include <string_view>
#include <trellis/host.hpp>

#include "common/verdict/delivery_metrics.hpp"

namespace peer_link {

struct LinkMetrics {
  common::DeliveryMetrics events;
  trellis::Metric overflows;             // too many waited
  trellis::Metric opened, failed, lost;  // connections
  trellis::Metric connections, waiting, in_flight;

  /// handler: "redis" declares trellis_handler_redis_….
  static LinkMetrics declare(const trellis::Host& host, std::string_view handler);
};

}  // namespace peer_link

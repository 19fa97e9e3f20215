// What the plugin counts.
#pragma once

#include <trellis/host.hpp>

#include "common/verdict/delivery_metrics.hpp"

namespace kafka {

struct Metrics {
  common::DeliveryMetrics events;
  trellis::Metric under_way;
  trellis::Metric under_way_bytes;
  trellis::Metric clients;
  trellis::Metric replaced;           // clients that the library gave up
  trellis::Metric failed;             // clients that could not be made
  trellis::Metric refused_addresses;  // connections

  static Metrics declare(const trellis::Host& host);
};

}  // namespace kafka

// What the plugin counts.
#pragma once

#include <trellis/host.hpp>

#include "common/http/client.hpp"
#include "common/verdict/delivery_metrics.hpp"

namespace storage_queue {

struct Metrics {
  common::CauseMetrics puts;
  common::DeliveryMetrics events;
  common::OutcomeMetrics checks;
  trellis::Metric milliseconds;
  trellis::Metric under_way;  // events
  trellis::http::ClientMetrics http;

  static Metrics declare(const trellis::Host& host);
};

}  // namespace storage_queue

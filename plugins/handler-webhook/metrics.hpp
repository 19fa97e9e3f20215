// What the plugin counts.
#pragma once

#include <trellis/host.hpp>

#include "common/http/client.hpp"
#include "common/verdict/delivery_metrics.hpp"

namespace hooks {

struct Metrics {
  common::CauseMetrics requests;
  common::DeliveryMetrics events;
  common::OutcomeMetrics checks;
  trellis::Metric milliseconds;
  trellis::Metric under_way;
  trellis::Metric tokens_fetched;
  trellis::Metric tokens_failed;
  trellis::http::ClientMetrics http;

  static Metrics declare(const trellis::Host& host);
};

}  // namespace hooks

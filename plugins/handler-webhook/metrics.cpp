#include "metrics.hpp"

#include <string_view>

namespace hooks {

Metrics Metrics::declare(const trellis::Host& host) {
  Metrics made;
  made.requests = common::CauseMetrics::declare(
      host, {"trellis_webhook_posts_total", "Requests with events, by what came of them.", "result", "delivered"});
  made.events = common::DeliveryMetrics::declare(host, "trellis_webhook");
  made.checks = common::OutcomeMetrics::declare(
      host, {"trellis_webhook_checks_total", "Endpoints asked whether they want events.", "verdict", "consent", true});
  made.milliseconds =
      host.counter("trellis_webhook_post_milliseconds_total", "Time that requests with events took, waits included.");
  made.under_way = host.gauge("trellis_webhook_posts", "Requests with events under way.");
  const std::string_view tokens = "Tokens fetched for endpoints of events, by outcome.";
  made.tokens_fetched = host.counter("trellis_webhook_post_tokens_total", tokens, R"(outcome="fetched")");
  made.tokens_failed = host.counter("trellis_webhook_post_tokens_total", tokens, R"(outcome="failed")");
  made.http = trellis::http::ClientMetrics::declare(host, R"(handler="webhook")");
  return made;
}

}  // namespace hooks

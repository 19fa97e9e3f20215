#include "metrics.hpp"

#include <string>
#include <string_view>

namespace hooks {
namespace {

// In the order of trellis::Cause, and of Outcome.
constexpr std::array<std::string_view, Metrics::kCauses> kCauseNames = {
    "delivered",    "busy",      "timed_out",   "socket",    "resolution", "not_found", "disabled", "full",
    "unauthorized", "forbidden", "bad_request", "too_large", "canceled",   "aborted",   "other"};
constexpr std::array<std::string_view, Metrics::kOutcomes> kDeliveryNames = {"delivered", "retry", "refused", "later"};
constexpr std::array<std::string_view, Metrics::kVerdicts> kCheckNames = {"consent", "retry", "refused", "later",
                                                                          "awaited"};

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}

}  // namespace

Metrics Metrics::declare(const trellis::Host& host) {
  Metrics made;
  for (std::size_t i = 0; i < kCauses; ++i) {
    made.requests.at(i) = host.counter("trellis_webhook_posts_total", "Requests with events, by what came of them.",
                                       label("result", kCauseNames.at(i)));
  }
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    made.deliveries.at(i) =
        host.counter("trellis_webhook_deliveries_total", "Events handed to handler-webhook, by what became of them.",
                     label("outcome", kDeliveryNames.at(i)));
  }
  for (std::size_t i = 0; i < kVerdicts; ++i) {
    made.checks.at(i) = host.counter("trellis_webhook_checks_total", "Endpoints asked whether they want events.",
                                     label("verdict", kCheckNames.at(i)));
  }
  made.milliseconds =
      host.counter("trellis_webhook_post_milliseconds_total", "Time that requests with events took, waits included.");
  made.under_way = host.gauge("trellis_webhook_posts", "Requests with events under way.");
  const std::string_view tokens = "Tokens fetched for endpoints of events, by outcome.";
  made.tokens_fetched = host.counter("trellis_webhook_post_tokens_total", tokens, label("outcome", "fetched"));
  made.tokens_failed = host.counter("trellis_webhook_post_tokens_total", tokens, label("outcome", "failed"));
  made.http = trellis::http::ClientMetrics::declare(host, label("handler", "webhook"));
  return made;
}

}  // namespace hooks

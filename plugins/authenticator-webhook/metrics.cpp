#include "metrics.hpp"

#include <string>
#include <string_view>

namespace webhook {
namespace {

using State = common::CircuitBreaker::State;

constexpr std::array<std::string_view, kOutcomes> kNames = {"allowed", "denied",     "remembered", "timeout",  "failed",
                                                            "invalid", "overloaded", "paused",     "abandoned"};

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}

}  // namespace

Metrics Metrics::declare(const trellis::Host& host) {
  Metrics made;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    made.requests[i] = host.counter("trellis_webhook_requests_total", "Clients judged by a webhook, by outcome.",
                                    label("outcome", kNames[i]));
  }
  made.milliseconds = host.counter("trellis_webhook_call_milliseconds_total", "Time that calls of webhooks took.");
  made.pending = host.gauge("trellis_webhook_calls", "Calls of webhooks under way.");
  const std::string_view tokens = "Tokens fetched for webhooks, by outcome.";
  made.tokens_fetched = host.counter("trellis_webhook_tokens_total", tokens, label("outcome", "fetched"));
  made.tokens_failed = host.counter("trellis_webhook_tokens_total", tokens, label("outcome", "failed"));
  const std::string_view breakers = "Webhooks that are left alone because they did not answer, by state.";
  made.open = host.gauge("trellis_webhook_breakers", breakers, label("state", "open"));
  made.half_open = host.gauge("trellis_webhook_breakers", breakers, label("state", "half_open"));
  made.http = trellis::http::ClientMetrics::declare(host, label("authenticator", "webhook"));
  return made;
}

void Metrics::changed(State from, State to) const {
  const auto count = [&](State state, int amount) {
    if (state == State::open) open.add_any(amount);
    if (state == State::half_open) half_open.add_any(amount);
  };
  count(from, -1);
  count(to, 1);
}

}  // namespace webhook

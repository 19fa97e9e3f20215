// What the plugin counts.
#pragma once

#include <array>
#include <cstdint>
#include <trellis/host.hpp>

#include "common/circuit_breaker/circuit_breaker.hpp"
#include "common/http/client.hpp"

namespace webhook {

/// What became of a question.
enum class Outcome {
  allowed,
  denied,
  remembered,  // allowed by an answer of before
  timeout,
  failed,      // no answer: no connection, no token, status 5xx
  invalid,     // one that is not understood
  overloaded,  // too many are under way
  paused,      // the endpoint is left alone
  abandoned,   // the client went away first
};
inline constexpr std::size_t kOutcomes = 9;

struct Metrics {
  std::array<trellis::Metric, kOutcomes> requests;
  trellis::Metric milliseconds;  // of calls that ended
  trellis::Metric pending;
  trellis::Metric tokens_fetched;
  trellis::Metric tokens_failed;
  trellis::Metric open;
  trellis::Metric half_open;
  trellis::http::ClientMetrics http;

  const trellis::Metric& of(Outcome outcome) const { return requests[static_cast<std::size_t>(outcome)]; }
  void changed(common::CircuitBreaker::State from, common::CircuitBreaker::State to) const;

  static Metrics declare(const trellis::Host& host);
};

}  // namespace webhook

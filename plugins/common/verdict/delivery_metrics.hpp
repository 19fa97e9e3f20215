// What every handler counts of its events.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <trellis/handler.hpp>
#include <trellis/host.hpp>
#include <trellis/shard.hpp>

#include "common/verdict/verdict.hpp"

namespace common {

/// What a family of counters is called, for people, and by which label.
struct Family {
  std::string_view name;
  std::string_view help;
  std::string_view label;
  std::string_view good;  // the label's value where nothing went wrong
  bool asks = false;      // of outcomes: counts questions, whose answers may be awaited
};

/// A counter for each outcome.
class OutcomeMetrics {
 public:
  static OutcomeMetrics declare(const trellis::Host& host, const Family& family);
  const trellis::Metric& operator[](Outcome outcome) const noexcept {
    return counters_[static_cast<std::size_t>(outcome)];
  }

 private:
  static constexpr std::size_t kOutcomes = 5;
  std::array<trellis::Metric, kOutcomes> counters_;
};

/// A counter for each cause.
class CauseMetrics {
 public:
  static CauseMetrics declare(const trellis::Host& host, const Family& family);
  const trellis::Metric& operator[](trellis::Cause cause) const noexcept {
    return counters_[static_cast<std::size_t>(cause)];
  }

 private:
  static constexpr std::size_t kCauses = 16;
  std::array<trellis::Metric, kCauses> counters_;
};

/// <front>_deliveries_total{outcome}, and of those <front>_failures_total{cause}: "unknown" where nobody knows one.
struct DeliveryMetrics {
  OutcomeMetrics deliveries;
  CauseMetrics failures;

  /// front: "trellis_handler_redis".
  static DeliveryMetrics declare(const trellis::Host& host, std::string_view front);
  void count(const trellis::Shard& shard, const Verdict& verdict, std::int64_t events = 1) const noexcept;
  /// The same from any thread.
  void count_any(const Verdict& verdict, std::int64_t events = 1) const noexcept;
};

}  // namespace common

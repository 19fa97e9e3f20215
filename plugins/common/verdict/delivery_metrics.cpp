#include "common/verdict/delivery_metrics.hpp"

#include <string>

namespace common {
namespace {

// In the order of Outcome and of trellis::Cause. The first is whatever the family calls it.
constexpr std::array<std::string_view, 5> kOutcomeNames = {"", "retry", "refused", "later", "awaited"};
constexpr std::array<std::string_view, 16> kCauseNames = {
    "",          "busy",        "timed_out", "socket",   "resolution", "not_found", "disabled", "full", "unauthorized",
    "forbidden", "bad_request", "too_large", "canceled", "aborted",    "other",     "throttled"};

template <std::size_t Count>
void declare_all(const trellis::Host& host, const Family& family, const std::array<std::string_view, Count>& names,
                 std::array<trellis::Metric, Count>& counters, std::size_t count = Count) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::string value(i == 0 ? family.good : names[i]);
    counters[i] = host.counter(family.name, family.help, std::string(family.label) + "=\"" + value + "\"");
  }
}

}  // namespace

OutcomeMetrics OutcomeMetrics::declare(const trellis::Host& host, const Family& family) {
  OutcomeMetrics made;
  declare_all(host, family, kOutcomeNames, made.counters_, kOutcomeNames.size() - (family.asks ? 0 : 1));
  return made;
}

CauseMetrics CauseMetrics::declare(const trellis::Host& host, const Family& family) {
  CauseMetrics made;
  declare_all(host, family, kCauseNames, made.counters_);
  return made;
}

DeliveryMetrics DeliveryMetrics::declare(const trellis::Host& host, std::string_view front) {
  const std::string deliveries = std::string(front) + "_deliveries_total";
  const std::string failures = std::string(front) + "_failures_total";
  return {OutcomeMetrics::declare(
              host, {deliveries, "Events handed to the handler, by what became of them.", "outcome", "delivered"}),
          CauseMetrics::declare(host,
                                {failures, "Of these, those that were not delivered, by cause.", "cause", "unknown"})};
}

void DeliveryMetrics::count(const trellis::Shard& shard, const Verdict& verdict, std::int64_t events) const noexcept {
  deliveries[verdict.outcome].add(shard, events);
  if (verdict.outcome != Outcome::delivered) failures[verdict.cause].add(shard, events);
}

void DeliveryMetrics::count_any(const Verdict& verdict, std::int64_t events) const noexcept {
  deliveries[verdict.outcome].add_any(events);
  if (verdict.outcome != Outcome::delivered) failures[verdict.cause].add_any(events);
}

}  // namespace common

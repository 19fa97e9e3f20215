#include "shard_services.hpp"

namespace lua {

bool RuleCounters::allow(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (names_.contains(name)) return true;
  if (names_.size() >= kMost) return false;
  names_.emplace(name);
  return true;
}

trellis::Metric RuleCounters::declare(const trellis::Host& host, std::string_view name) const {
  return host.counter("trellis_lua_rule_events_total", "What scripts counted themselves, by name.",
                      "script=\"" + script_ + "\",name=\"" + std::string(name) + "\"");
}

void ShardServices::log(trellis::Level level, std::string_view text) noexcept {
  if (lines_.take(now())) {
    shard_->host().log(level, text, {{"script", script_}});
  } else {
    suppressed_.add(*shard_);
  }
}

bool ShardServices::count(std::string_view name, std::int64_t amount) noexcept {
  auto found = mine_.find(name);
  if (found == mine_.end()) {
    // Bounded here as well: refused names are not remembered for ever.
    if (mine_.size() >= 2 * RuleCounters::kMost) return false;
    found = mine_.try_emplace(std::string(name)).first;
    Counter& counter = found->second;
    counter.refused = !counters_->allow(name);
    if (!counter.refused) {
      counter.declaring = shard_->after(std::chrono::milliseconds(0), [this, &counter, key = std::string(name)] {
        counter.metric = counters_->declare(shard_->host(), key);
        counter.metric.add(*shard_, std::exchange(counter.waiting, 0));
      });
    }
  }
  Counter& counter = found->second;
  if (counter.refused) return false;
  if (counter.declaring.waiting()) {
    counter.waiting += amount;
  } else {
    counter.metric.add(*shard_, amount);
  }
  return true;
}

}  // namespace lua

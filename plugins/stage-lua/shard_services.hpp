// What scripts reach of the broker, on one shard.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <trellis/shard.hpp>
#include <vector>

#include "services.hpp"

namespace lua {

/// So many lines per second, and what was left out is counted.
class LineLimit {
 public:
  explicit LineLimit(int per_second) noexcept : per_second_(per_second) {}
  bool take(std::chrono::milliseconds now) noexcept {
    if (now - since_ >= std::chrono::seconds(1) || since_.count() == 0) {
      since_ = now;
      taken_ = 0;
    }
    return ++taken_ <= per_second_;
  }

 private:
  int per_second_;
  int taken_ = 0;
  std::chrono::milliseconds since_{0};
};

/// Names of the counters a script made up, of all shards together: they are cells of the broker's metrics.
class RuleCounters {
 public:
  static constexpr std::size_t kMost = 32;

  explicit RuleCounters(std::string script) : script_(std::move(script)) {}
  /// Whether there may be one of that name. [any]
  bool allow(std::string_view name);
  trellis::Metric declare(const trellis::Host& host, std::string_view name) const;

 private:
  const std::string script_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> names_;  // guarded by mutex_
};

class ShardServices final : public Services {
 public:
  ShardServices(const trellis::Shard& shard, std::string script, Store& store, RuleCounters& counters,
                trellis::Metric suppressed)
      : shard_(&shard), script_(std::move(script)), store_(&store), counters_(&counters), suppressed_(suppressed) {}

  std::chrono::milliseconds now() const noexcept override { return shard_->now(); }
  std::chrono::milliseconds wall() const noexcept override { return shard_->wall(); }
  void log(trellis::Level level, std::string_view text) noexcept override;
  bool count(std::string_view name, std::int64_t amount) noexcept override;
  Store& store() noexcept override { return *store_; }

 private:
  struct Counter {
    trellis::Metric metric;
    bool refused = false;
    std::int64_t waiting = 0;  // until it is declared, which is not for the message path
    trellis::Timer declaring;
  };

  static constexpr int kLinesPerSecond = 10;

  const trellis::Shard* shard_;
  const std::string script_;
  Store* store_;
  RuleCounters* counters_;
  trellis::Metric suppressed_;
  LineLimit lines_{kLinesPerSecond};
  std::map<std::string, Counter, std::less<>> mine_;
};

}  // namespace lua

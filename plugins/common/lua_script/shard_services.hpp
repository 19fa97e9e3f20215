// What scripts reach of the broker, on one shard.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <trellis/shard.hpp>
#include <vector>

#include "event_outbox.hpp"
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

/// What the shards of an instance have in common.
struct SharedServices {
  std::string script;
  Store* store = nullptr;
  RuleCounters* counters = nullptr;
  trellis::Metric suppressed;  // log lines
  trellis::Metric published;
  trellis::Metric unpublished;
};

class ShardServices final : public Services {
 public:
  /// Sets or takes away the timer of a name; false where there are too many.
  using SetTimer = std::function<bool(std::string_view name, std::chrono::milliseconds delay)>;

  ShardServices(const trellis::Shard& shard, SharedServices shared) : shard_(&shard), shared_(std::move(shared)) {}
  void on_timers(SetTimer set_timer) { set_timer_ = std::move(set_timer); }
  /// Where events go; none are sent without.
  void on_events(EventOutbox& outbox) { events_ = &outbox; }
  /// Whether a message of publish{} is on its way at this moment: what is seen meanwhile is the script's own.
  bool publishing() const noexcept { return publishing_; }

  std::chrono::milliseconds now() const noexcept override { return shard_->now(); }
  std::chrono::milliseconds wall() const noexcept override { return shard_->wall(); }
  void log(trellis::Level level, std::string_view text) noexcept override;
  bool count(std::string_view name, std::int64_t amount) noexcept override;
  Store& store() noexcept override { return *shared_.store; }
  bool publish(OwnedMessage message) noexcept override;
  std::string_view only_namespace() const noexcept override;
  bool set_timer(std::string_view name, std::chrono::milliseconds delay) noexcept override {
    return set_timer_ != nullptr && set_timer_(name, delay);
  }
  bool find_resource(std::string_view name_space, std::string_view type, std::string_view name, bool by_key,
                     std::string& json) noexcept override;

 private:
  struct Counter {
    trellis::Metric metric;
    bool refused = false;
    std::int64_t waiting = 0;  // until it is declared, which is not for the message path
    trellis::Timer declaring;
  };

  static constexpr int kLinesPerSecond = 10;
  static constexpr std::size_t kMostWaiting = 1024;  // messages
  static constexpr std::size_t kMostWaitingBytes = 16U << 20U;

  void send_waiting();

  const trellis::Shard* shard_;
  const SharedServices shared_;
  LineLimit lines_{kLinesPerSecond};
  std::map<std::string, Counter, std::less<>> mine_;
  SetTimer set_timer_;
  EventOutbox* events_ = nullptr;
  std::vector<OwnedMessage> waiting_;
  std::size_t waiting_bytes_ = 0;
  trellis::Timer sending_;
  bool publishing_ = false;
};

}  // namespace lua

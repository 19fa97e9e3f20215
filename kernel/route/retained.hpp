// The last retained message of each topic of one namespace.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <trellis/keeping/message.hpp>
#include <trellis/runtime/metrics.hpp>
#include <trellis/topic.hpp>
#include <vector>

#include "names.hpp"

namespace trellis::kernel {

struct RetainedLimits {
  std::uint64_t messages = 100000;
  std::uint64_t bytes = 256ull * 1024 * 1024;
};

/// Shared by all shards. Only publishing with the retain flag and subscribing take its lock.
class Retained {
 public:
  Retained(Metrics& metrics, std::string_view name_space);

  void set_limits(const RetainedLimits& limits);
  /// Keeps the message as its topic's last one, or forgets the topic when the payload is empty. False: a limit.
  bool store(const Message& message);
  /// Everything a filter matches that has not expired, by topic.
  std::vector<MessagePtr> find(std::string_view filter, std::int64_t wall_ms) const;
  /// Forgets what has expired: gone() hears of each, then swept() of the end. Nothing is stored meanwhile.
  void sweep(std::int64_t wall_ms, const std::function<void(const Message&)>& gone, const std::function<void()>& swept);

  /// Under which a store keeps a topic's message.
  static std::string key(std::string_view name_space, std::string_view topic);
  static constexpr char kKey = 'r';
  struct Key {
    std::string_view name_space;
    std::string_view topic;
  };
  /// What such a key says, or nothing where it is another's.
  static std::optional<Key> read_key(std::string_view key);

 private:
  /// A level of topics, so that a filter costs no more than the levels it can match.
  struct Level {
    std::map<std::string, Level, std::less<>> below;
    MessagePtr message;
  };
  static constexpr std::uint64_t kLevelsPerMessage = 8;  // on average
  using Found = std::vector<MessagePtr>;
  void collect(const Level& level, LevelCursor filter, std::int64_t wall_ms, Found& found) const;
  void forget(Level& level);
  bool prune(Level& level, LevelCursor topic);
  bool sweep(Level& level, std::int64_t wall_ms, const std::function<void(const Message&)>& gone);

  Metrics& metrics_;
  MetricId count_;
  MetricId size_;
  mutable std::shared_mutex mutex_;  // guards the rest
  RetainedLimits limits_;
  std::uint64_t bytes_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t levels_ = 0;
  Level root_;
};

}  // namespace trellis::kernel

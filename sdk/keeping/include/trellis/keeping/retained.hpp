// The last retained message of each topic of one namespace.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <trellis/keeping/message.hpp>
#include <trellis/keeping/names.hpp>
#include <trellis/runtime/metrics.hpp>
#include <trellis/topic.hpp>
#include <vector>

namespace trellis::keeping {

struct RetainedLimits {
  std::uint64_t messages = 100000;
  std::uint64_t bytes = 256ull * 1024 * 1024;
};

/// Which of those that a filter matches are wanted.
struct RetainedPart {
  std::string_view behind;           // a topic they come after; empty: from the first on
  std::uint64_t until = UINT64_MAX;  // of those that were stored until then: what stored() said
  std::size_t messages = SIZE_MAX;   // at most
  std::size_t steps = SIZE_MAX;      // levels to look at, at least
  static constexpr std::size_t kLeastSteps = 3;
};

struct RetainedFound {
  std::vector<MessagePtr> messages;
  std::string behind;     // where to go on
  bool all = true;        // nothing is left
  std::size_t steps = 0;  // levels that were looked at
};

/// Shared by all shards. Only publishing with the retain flag and subscribing take its lock.
class Retained {
 public:
  Retained(Metrics& metrics, std::string_view name_space);

  void set_limits(const RetainedLimits& limits);
  /// Keeps the message as its topic's last one, or forgets the topic when the payload is empty. False: a limit.
  bool store(const Message& message);
  /// Counts what was stored.
  std::uint64_t stored() const;
  /// What a filter matches that has not expired, in order of topics, level by level.
  RetainedFound find(std::string_view filter, std::int64_t wall_ms, const RetainedPart& part = {}) const;
  /// Forgets what has expired, some of it at a time: gone() hears of each, then, if there was any, swept() of the end.
  /// Nothing is stored meanwhile.
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
    std::uint64_t number = 0;  // of its message, as stored() counts
  };
  static constexpr std::uint64_t kLevelsPerMessage = 8;  // on average
  struct Walk;
  void walk(const Level& level, LevelCursor filter, const LevelCursor* behind, Walk& walk) const;
  Level* level_of(std::string_view topic);
  void forget(Level& level);
  bool prune(Level& level, LevelCursor topic);

  Metrics& metrics_;
  MetricId count_;
  MetricId size_;
  mutable std::mutex mutex_;  // guards the rest
  RetainedLimits limits_;
  std::uint64_t bytes_ = 0;
  std::uint64_t messages_ = 0;
  std::uint64_t levels_ = 0;
  std::uint64_t stored_ = 0;
  Level root_;
  std::set<std::pair<std::int64_t, Level*>> expiring_;
  std::atomic<std::int64_t> earliest_{INT64_MAX};  // to expire; read without the lock
};

}  // namespace trellis::keeping

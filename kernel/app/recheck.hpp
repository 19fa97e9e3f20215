// Rights that were given once and are asked about again.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <trellis/runtime/names.hpp>
#include <vector>

#include "names.hpp"
#include "route/router.hpp"

namespace trellis::kernel {

/// Asks authorizers about the subscriptions of one shard again, some of them a turn so that messages go on. Whoever
/// lost the right to one loses it with what waits by it alone, and its connection. Used on its shard's thread.
class Recheck {
 public:
  Recheck(Shard& shard, Router& router, MetricId revoked) : shard_(shard), router_(router), revoked_(revoked) {}

  /// All of them, or those of some names.
  void start(std::shared_ptr<const Names> only);
  /// Those of one, who is somebody else than before or has other attributes.
  void start(const Subscriber& subscriber);

 private:
  static constexpr std::size_t kAtOnce = 1024;  // questions, and subscribers that are none of those asked about
  struct Round {
    std::shared_ptr<const Names> only;  // null: all
    std::int32_t name_space;            // of them
    std::vector<std::uint64_t> left;    // subscribers, by number; the last is next
  };
  void add(Round round);
  void go_on();
  static bool wanted(const Round& round, const Subscriber& subscriber);
  bool next(const Round& round, std::size_t& questions);

  Shard& shard_;
  Router& router_;
  MetricId revoked_;
  std::deque<Round> rounds_;                // the first is under way
  std::optional<Subscriber::Held> behind_;  // what of the next subscriber was asked about
  bool lost_ = false;                       // it lost something
  bool all_again_ = false;                  // once nothing is left
};

}  // namespace trellis::kernel

// Subscribers and queues a start finds in the store.
#pragma once

#include <trellis/abi/store.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/configuration/loader.hpp>
#include <unordered_map>
#include <vector>

#include "app/shard_context.hpp"

namespace trellis::kernel {

/// Collected on the control thread while the store is read, given back once the plugins run.
class KeptSubscribers {
 public:
  explicit KeptSubscribers(Routers& routers) noexcept : routers_(routers) {}

  void take(const trellis_store_queue& queue);
  /// False for records that are nobody's here.
  bool take(std::string_view key, std::string_view value);

  /// Where new queues begin, and what is to be removed since nothing belongs to it any more. After all was taken; on
  /// the shard.
  void tidy(Keeper& keeper, std::uint32_t shards);
  /// Those that live on that shard. On it.
  void restore(ShardContext& context, const Instances& instances);
  /// Queues of what was on its way between shards.
  struct OnTheWay {
    std::uint64_t queue;
    std::uint32_t to;
  };
  std::vector<OnTheWay> on_the_way() const;
  std::uint32_t shards_before() const noexcept { return shards_before_; }

  // How many, for the log.
  std::uint64_t restored() const noexcept { return restored_; }
  std::uint64_t left() const noexcept { return left_; }

 private:
  struct Found {
    std::uint64_t first;
    std::uint64_t last;
    std::uint64_t entries;
    std::uint64_t bytes;
    std::vector<std::uint32_t> marks;
  };
  struct Kept {
    std::uint32_t name_space;
    std::string name;
    std::string value;
  };
  bool restore(ShardContext& context, const Instance& instance, const Kept& kept, const SubscriberRecord& record);
  bool inbox(std::uint64_t queue) const noexcept {
    return first_inbox_before_ != 0 && queue >= first_inbox_before_ &&
           queue < first_inbox_before_ + Routers::kMostShards * Routers::kMostShards;
  }

  Routers& routers_;
  std::unordered_map<std::uint64_t, Found> queues_;
  std::vector<Kept> subscribers_;
  std::vector<std::uint64_t> used_;  // queues of records
  std::vector<std::string> over_;    // keys of those that are volatile by now
  std::uint32_t shards_before_ = 1;
  std::uint64_t first_inbox_before_ = 0;
  std::atomic<std::uint64_t> restored_{0};
  std::atomic<std::uint64_t> left_{0};  // where nobody takes them
};

}  // namespace trellis::kernel

// Subscribers and queues a start finds in the store.
#pragma once

#include <trellis/abi/store.h>

#include <atomic>
#include <cstdint>
#include <deque>
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
  /// settings: of the routers' namespaces.
  KeptSubscribers(Routers& routers, const std::vector<NamespaceSettings>& settings)
      : routers_(routers),
        settings_(settings),
        reading_(routers.by_shard.size()),
        by_queue_(routers.by_shard.size()),
        moved_(routers.by_shard.size()) {}

  void take(const trellis_store_queue& queue);
  /// False for records that are nobody's here.
  bool take(std::string_view key, std::string_view value);

  /// Where new queues begin, and what is to be removed since nothing belongs to it any more. After all was taken; on
  /// the first shard.
  void begin(Keeper& keeper);
  /// After all was given back: on each shard.
  void end(ShardContext& context);
  /// Nothing is removed that was there before, nor changed that tells where it belongs.
  void leave_the_rest() noexcept { understood_ = false; }
  /// Those that live on that shard. On it.
  void restore(ShardContext& context, const Instances& instances);
  /// Whether some of that shard are being read, who cannot end before they are.
  bool reading(ShardContext& context) const;
  /// Lets what is left of their expiry run, now that they are read.
  void let_expire(ShardContext& context) const;
  /// Queues of what was on its way between shards.
  struct OnTheWay {
    std::uint64_t queue;
    std::uint32_t to;
  };
  std::vector<OnTheWay> on_the_way() const;
  /// Whose queue that is, on its shard; null where that is nobody's.
  Subscriber* receiver(ShardContext& context, std::uint64_t queue) const;

  // How many, for the log.
  std::uint64_t restored() const noexcept { return restored_; }
  std::uint64_t left() const noexcept { return left_; }

 private:
  struct Found {
    std::uint64_t last;
    std::uint64_t entries;
    std::uint64_t bytes;
    std::vector<std::uint32_t> marks;
  };
  struct Kept {
    std::uint32_t name_space;
    std::uint32_t home;
    std::string name;
    std::string value;
  };
  bool restore(ShardContext& context, const Instance& instance, const Kept& kept, const SubscriberRecord& record);
  /// How a process before numbered what was on its way between its shards.
  struct Shards {
    std::uint32_t format;
    std::uint32_t reserved;
    std::uint64_t first_inbox;
  };
  const Shards* inbox(std::uint64_t queue) const noexcept;

  Routers& routers_;
  const std::vector<NamespaceSettings>& settings_;
  std::unordered_map<std::uint64_t, Found> queues_;
  std::deque<Kept> subscribers_;
  struct Reading {
    std::uint64_t subscriber;
    std::uint64_t expires_in_ms;
  };
  std::vector<std::vector<Reading>> reading_;  // by shard
  std::vector<std::uint64_t> used_;            // queues of records
  std::vector<std::string> over_;              // keys of those that are volatile by now
  std::vector<Shards> before_;
  std::vector<std::unordered_map<std::uint64_t, std::uint64_t>> by_queue_;  // subscribers, by shard; if any is needed
  std::vector<std::vector<std::uint64_t>> moved_;                           // those that lived on another, by shard
  bool on_the_way_ = false;                                                 // there is something that was
  bool understood_ = true;  // all records; else nothing is removed because it belongs to none
  std::atomic<std::uint64_t> restored_{0};
  std::atomic<std::uint64_t> left_{0};  // where nobody takes them
};

}  // namespace trellis::kernel

// All subscribers of one shard, by number and by name.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <string_view>
#include <vector>

#include "queue/subscriber.hpp"

namespace trellis::kernel {

/// Used on its shard's thread. It does not own the subscribers.
class SubscriberTable {
 public:
  explicit SubscriberTable(std::uint32_t shard_index) noexcept : shard_bits_(std::uint64_t{shard_index} << 56) {}

  /// A number for the next subscriber; unique in the process, never used twice.
  std::uint64_t next_id() noexcept { return shard_bits_ | ++last_; }
  void add(Subscriber& subscriber);
  void remove(Subscriber& subscriber);

  Subscriber* find(std::uint32_t name_space, std::string_view name) const noexcept;
  Subscriber* find(std::uint64_t id) const noexcept;
  std::size_t size() const noexcept { return by_id_.size(); }
  // Copies, so that the table may change while they are walked.
  std::vector<Subscriber*> all() const;
  std::vector<std::uint64_t> ids() const;
  /// Gives back the memory of queues that are empty; called every few seconds.
  void shrink_queues() noexcept;

 private:
  struct Key {
    std::uint32_t name_space;
    std::string_view name;
  };
  // The subscriber holds its name already: the set needs a pointer only.
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const Key& key) const noexcept {
      return std::hash<std::string_view>{}(key.name) + key.name_space * 0x9E3779B97F4A7C15u;
    }
    std::size_t operator()(const Subscriber* subscriber) const noexcept { return (*this)(key_of(*subscriber)); }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Subscriber* a, const Subscriber* b) const noexcept { return a == b; }
    bool operator()(const Key& key, const Subscriber* subscriber) const noexcept {
      return key.name_space == subscriber->name_space() && key.name == subscriber->name();
    }
    bool operator()(const Subscriber* subscriber, const Key& key) const noexcept { return (*this)(key, subscriber); }
  };
  static Key key_of(const Subscriber& subscriber) noexcept { return {subscriber.name_space(), subscriber.name()}; }
  std::uint64_t shard_bits_;
  std::uint64_t last_ = 0;
  boost::unordered_flat_set<Subscriber*, Hash, Equal> by_name_;
  boost::unordered_flat_map<std::uint64_t, Subscriber*> by_id_;
};

}  // namespace trellis::kernel

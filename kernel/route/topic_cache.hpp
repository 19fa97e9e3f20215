// What a shard remembers of earlier matches: topic -> receivers.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "queue/subscriber.hpp"

namespace trellis::kernel {

struct SharedGroup;

/// One receiver of this shard with what its subscriptions together grant.
struct Receiver {
  Subscriber* subscriber;
  std::uint32_t first_identifier;  // into MatchedTopic::identifiers
  std::uint16_t identifier_count;
  std::uint8_t qos;
  bool no_local;
  bool retain_as_published;
};

/// A shared subscription that matches.
struct MatchedGroup {
  SharedGroup* group;
  std::uint32_t first;  // into MatchedTopic::allowed, sorted
  std::uint32_t count;
};

/// Who gets the messages of one topic, as this shard sees it.
struct MatchedTopic {
  std::string topic;
  std::uint32_t name_space = UINT32_MAX;  // UINT32_MAX: the slot is empty
  std::uint64_t generation = 0;
  std::vector<Receiver> receivers;
  std::vector<std::uint32_t> identifiers;
  std::vector<MatchedGroup> groups;
  std::vector<const Subscriber*>
      allowed;  // where deliveries are judged: those of the groups that may receive the topic
  bool judged = false;
  std::uint64_t other_shards = 0;  // bit per shard with receivers of its own
  /// Whether a member of the group may receive the topic.
  bool allows(const MatchedGroup& group, const Subscriber& member) const noexcept {
    const auto first = allowed.begin() + group.first;
    return !judged || std::binary_search(first, first + group.count, &member);
  }
  std::size_t counted = 0;  // bytes, as far as the cache knows
  std::size_t bytes() const noexcept {
    return sizeof *this + topic.capacity() + receivers.capacity() * sizeof(Receiver) +
           identifiers.capacity() * sizeof(std::uint32_t) + groups.capacity() * sizeof(MatchedGroup) +
           allowed.capacity() * sizeof(Subscriber*);
  }
  bool nobody() const noexcept { return receivers.empty() && groups.empty() && other_shards == 0; }
};

/// Bounded, in topics and in bytes: a topic that comes again pushes out others. Used on its shard's thread.
class TopicCache {
 public:
  static constexpr std::size_t kLongest = 256;  // bytes; longer topics are not remembered
  static constexpr std::size_t kMostBytes = 24 * 1024 * 1024;

  /// The slot for the topic: either what is remembered (holds() is true) or one to be filled. What would push out
  /// another and was not asked for lately is not remembered yet: its slot is good until the next call.
  MatchedTopic& slot(std::uint32_t name_space, std::string_view topic);
  /// The slot was filled; what is too much goes.
  void filled(MatchedTopic& slot) noexcept;
  std::size_t bytes() const noexcept { return bytes_; }
  static bool holds(const MatchedTopic& slot, std::uint32_t name_space, std::string_view topic) noexcept {
    return slot.name_space == name_space && slot.topic == topic;
  }

 private:
  static constexpr std::size_t kWays = 4;  // one cache line
  static constexpr std::size_t kSlots = 32 * 1024;
  static constexpr std::size_t kWorthReuse = 1024;  // bytes; what had more of them does not pass them on
  struct Slot {
    std::size_t hash = 0;
    std::unique_ptr<MatchedTopic> topic;
  };
  bool seen_lately(std::size_t hash) noexcept;
  Slot* set_of(std::size_t hash) noexcept { return &slots_[hash % kSlots / kWays * kWays]; }

  std::unique_ptr<Slot[]> slots_{new Slot[kSlots]};
  MatchedTopic passing_;
  std::array<std::uint16_t, 32 * 1024> seen_{};
  std::size_t turn_ = 0;
  std::size_t bytes_ = 0;
  std::size_t hand_ = 0;  // where the search for what may go continues
};

}  // namespace trellis::kernel

// Who gets the messages of one topic, and what a shard remembers of that.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/runtime/hot_cache.hpp>
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
  std::uint64_t other_keeps = 0;   // of those, where a store keeps one of them
  bool keeps = false;              // a store keeps one of all receivers, wherever
  std::uint32_t level = 0;         // how well, as KeptBodies has it
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
  bool is(std::uint32_t space, std::string_view name) const noexcept { return name_space == space && topic == name; }
  bool nobody() const noexcept { return receivers.empty() && groups.empty() && other_shards == 0; }
};

/// What a shard remembers of earlier matches.
using TopicCache = HotCache<MatchedTopic>;

}  // namespace trellis::kernel

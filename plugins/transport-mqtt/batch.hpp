/// PUBLISH packets of one read, gathered for one call of the kernel.
#pragma once

#include <trellis/abi/message.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace trellis::mqtt {

/// Scratch memory of a shard, used by one client during one on_bytes call and empty between calls. Everything points
/// into the bytes that arrived.
struct Batch {
  static constexpr std::uint32_t kSize = 64;

  struct Origin {
    std::uint32_t first_user_property;
    std::uint16_t packet_id;
  };

  trellis_publication messages[kSize];
  trellis_status results[kSize];
  Origin origins[kSize];
  std::uint32_t count = 0;
  std::uint32_t unacknowledged = 0;  // QoS 1 messages of this on_bytes call
  std::uint32_t arrived = 0;         // PUBLISH packets of this on_bytes call, and their bytes
  std::uint64_t arrived_bytes = 0;
  std::vector<trellis_pair> user_properties;
  std::vector<std::unique_ptr<std::string>> retired_topics;  // see IncomingAliases
  std::string_view checked_topic{};  // the last topic that was found good; within this on_bytes call

  void begin() noexcept {
    unacknowledged = 0;
    arrived = 0;
    arrived_bytes = 0;
    checked_topic = {};
  }
  void clear() noexcept {
    count = 0;
    user_properties.clear();
    if (!retired_topics.empty()) retired_topics.clear();
  }
};

}  // namespace trellis::mqtt

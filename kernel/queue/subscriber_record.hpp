// What a store keeps of a subscriber besides its messages.
#pragma once

#include <trellis/abi/subscriber.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trellis::kernel {

struct SubscriberRecord {
  struct Subscription {
    std::string_view filter;
    std::string_view group;
    std::uint32_t identifier;
    std::uint32_t qos;
    std::uint32_t flags;  // TRELLIS_SUBSCRIBE_…
  };
  std::string_view owner;  // the plugin instance that opened it
  std::string_view memo;
  std::uint64_t queue = 0;
  std::uint64_t expiry_ms = 0;
  std::int64_t away_since_ms = 0;  // Unix time; 0: somebody is attached
  std::uint32_t home = 0;          // the shard it lived on, of as many as there were
  trellis_queue_limits limits{};
  std::uint64_t window_bytes = 0;
  // Of its client; no name and no authenticator: it has no identity.
  bool identified = false;
  std::uint32_t identity_flags = 0;
  std::string_view identity;
  std::string_view authenticator;
  std::vector<trellis_pair> attributes;
  std::vector<Subscription> subscriptions;
  struct Replay {
    std::string_view filter;
    std::string_view behind;
    std::uint32_t identifier;
    std::uint8_t qos;
    std::uint8_t no_local;
  };
  std::vector<Replay> replays;  // PendingReplay

  void encode(std::string& value) const;
  /// Views into the value. Nothing where it is not understood.
  static std::optional<SubscriberRecord> decode(std::string_view value);

  static constexpr char kKey = 's';
  static std::string key(std::string_view name_space, std::string_view name);
};

}  // namespace trellis::kernel

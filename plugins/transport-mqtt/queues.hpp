/// What a client takes from queues of other plugins: "$queue/orders/audit".
#pragma once

#include <trellis/abi/base.h>
#include <trellis/abi/stream.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "packet_ids.hpp"

namespace trellis::mqtt {

class Client;

inline constexpr std::string_view kQueuePrefix = "$queue/";
/// Packet identifiers above that are for what comes by streams. Those below may be of messages that a session has in
/// flight from another connection and is to be sent again: they must find their identifiers free.
inline constexpr std::uint16_t kOrdinaryIds = 32'768;
inline constexpr std::uint32_t kMostStreamed = 16'384;

/// One such subscription, and its stream while that is open.
struct QueueStream {
  Client& client;
  std::string filter;  // also the topic name of what comes by it
  std::uint32_t identifier;
  std::uint16_t number;  // in the slots of packet identifiers; never 0
  const trellis_streams* table = nullptr;
  trellis_stream* stream = nullptr;  // null: it is tried again
  std::uint32_t out = 0;             // its events that the client has not settled
  std::uint64_t opened_ms = 0;
  std::uint64_t judged_ms = 0;  // when it was asked last whether the client still may
  bool stopped = false;         // it left some, and has not gone on
  bool behind = false;          // it left some, and has got none since

  std::string_view queue() const noexcept { return std::string_view(filter).substr(kQueuePrefix.size()); }
};

/// Those of one client. Half of what it may have in flight is for them, half for other messages, so that neither
/// starves the other; who may have one in flight alone gets them in turn.
struct Queues {
  std::vector<std::unique_ptr<QueueStream>> all{};
  std::uint32_t receive_maximum = 0;  // 0: not connected yet
  PacketIds ids{};                    // above kOrdinaryIds, also those of streams that have ended
  trellis_token timer = 0;            // of the next attempt to open what is not
  trellis_token wake_timer = 0;
  std::uint64_t held_until_ms = 0;

  std::uint32_t share() const noexcept { return std::clamp<std::uint32_t>(receive_maximum / 2, 1, kMostStreamed); }
  bool alternates() const noexcept { return receive_maximum == 1; }
  QueueStream* find(std::string_view filter) noexcept {
    for (const auto& one : all) {
      if (one->filter == filter) return one.get();
    }
    return nullptr;
  }
  QueueStream* find(std::uint16_t number) noexcept {
    for (const auto& one : all) {
      if (one->number == number) return one.get();
    }
    return nullptr;
  }
  QueueStream& add(Client& client, std::string_view filter, std::uint32_t identifier) {
    std::uint16_t number = 1;
    while (find(number) != nullptr) ++number;
    all.push_back(std::make_unique<QueueStream>(QueueStream{client, std::string(filter), identifier, number}));
    return *all.back();
  }
};

}  // namespace trellis::mqtt

/// The plugin's metrics: declared once, counted per batch.
#pragma once

#include <array>
#include <cstdint>
#include <trellis/host.hpp>

#include "common/mqtt/protocol.hpp"
#include "rates.hpp"

namespace trellis::mqtt {

/// Handles of everything that is counted. Made in start(), read-only afterwards.
struct Metrics {
  std::array<Metric, 16> received{};  // by packet type
  std::array<Metric, 16> sent{};
  Metric publish_bytes_received;  // payloads
  Metric publish_bytes_sent;
  std::array<Metric, 6> connections{};  // by protocol level
  std::array<Metric, 256> refused{};    // by reason code, only those in use are declared
  std::array<Metric, 256> disconnects{};
  std::array<Metric, 256> publishes_refused{};
  std::array<Metric, 256> subscribes_refused{};  // topic filters
  std::array<Metric, kRated> session_rated{};
  std::array<Metric, kRated> namespace_rated{};
  Metric lost;  // connections that ended without DISCONNECT from either side
  Metric malformed;
  Metric wills;
  Metric oversized;             // deliveries larger than the client's Maximum Packet Size
  Metric refused_deliveries;    // acknowledged with a failure by the client
  Metric dropped_publications;  // QoS 0 messages the kernel did not take

  static Metrics declare(const Host& host);
};

/// Packets of one kind of direction, added up during a call and handed to the kernel at its end.
class PacketCounts {
 public:
  void add(PacketType type, std::uint32_t count = 1) noexcept {
    counts_[static_cast<unsigned>(type)] += count;
    touched_ |= 1U << static_cast<unsigned>(type);
  }
  void add_payload(std::size_t bytes) noexcept { payload_bytes_ += bytes; }
  void flush(const std::array<Metric, 16>& metrics, const Metric& bytes, trellis_shard* shard) noexcept {
    if (payload_bytes_ != 0) bytes.add(shard, static_cast<std::int64_t>(payload_bytes_));
    payload_bytes_ = 0;
    while (touched_ != 0) {
      const auto type = static_cast<unsigned>(__builtin_ctz(touched_));
      touched_ &= touched_ - 1;
      metrics[type].add(shard, counts_[type]);
      counts_[type] = 0;
    }
  }

 private:
  std::array<std::uint32_t, 16> counts_{};
  std::uint32_t touched_ = 0;
  std::uint64_t payload_bytes_ = 0;  // of PUBLISH packets
};

}  // namespace trellis::mqtt

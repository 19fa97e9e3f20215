// A protocol: it turns bytes of a connection into what the broker does, and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <trellis/protocol.hpp>

/// Answers each line with the same line. docs/abi.md and the headers in trellis/abi say how a protocol
/// authenticates, publishes and subscribes.
class KindExample final : public trellis::Protocol {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "kind-example",
      .version = "0.1.0",
      .vendor = "Your name",
      .summary = "Answers each line with the same line.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_CONNECTION},
  };

  /// Bytes of a line; longer ones end the connection.
  static constexpr std::size_t kMostBytes = 1024;

  trellis::Result<void> start() override;
  const trellis_protocol& protocol() const noexcept override;

  /// What is passed to the functions of the table on a shard. They may run on several shards at once, never twice on
  /// one.
  void* open_shard(trellis_shard* shard, std::uint32_t index);
  static void close_shard(void* state) noexcept;

 private:
  class Connection;
  struct ShardOf;

  const trellis_host_connection* connections_ = nullptr;
  trellis::Metric lines_;
};

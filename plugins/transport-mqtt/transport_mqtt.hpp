/// Speaks MQTT 3.1, 3.1.1 and 5.0 with clients.
#pragma once

#include <deque>
#include <trellis/borrow.hpp>
#include <trellis/protocol.hpp>

#include "shard.hpp"

namespace trellis::mqtt {

/// The plugin. It has no settings of its own: all limits are those of a namespace.
class TransportMqtt final : public WithLenders<Protocol> {
 public:
  static constexpr PluginInfo kInfo{
      .id = "transport-mqtt",
      .version = "0.1.0",
      .vendor = "Trellis",
      .summary = "Speaks MQTT 3.1, 3.1.1 and 5.0 with clients.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_CONNECTION, TRELLIS_HOST_IDENTITY, TRELLIS_HOST_LOOP, TRELLIS_HOST_NAMESPACE,
                TRELLIS_HOST_PUBLISH, TRELLIS_HOST_SUBSCRIBER, TRELLIS_HOST_BORROW},
  };

  static Schema namespace_schema() { return Limits::schema(); }

  Result<void> start() override;
  void lenders_changed() override;
  const trellis_protocol& protocol() const noexcept override;
  const void* table(std::string_view id) override;
  void* open_shard(trellis_shard* handle, std::uint32_t index) { return new Shard(common_, handle, index); }
  static void close_shard(void* state) noexcept { delete static_cast<Shard*>(state); }

 private:
  template <class Table>
  void follow(std::atomic<const Borrowed<Table>*>& used, std::deque<Borrowed<Table>>& all);

  Common common_;  // written in start(), read-only afterwards: no lock
  // All there were: shards may be looking at one.
  std::deque<Borrowed<trellis_streams>> lenders_;
  std::deque<Borrowed<trellis_session_witness>> witnesses_;
};

}  // namespace trellis::mqtt

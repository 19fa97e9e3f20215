// One subscription's topic at another broker: where it is, and how events are published to it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

#include "common/event_template/event_template.hpp"
#include "common/mqtt/protocol.hpp"
#include "common/peer_link/settings.hpp"
#include "common/peer_link/speaker.hpp"

namespace mqtt_out {

class Target final : public peer_link::Place {
 public:
  peer_link::LinkSettings peer;
  trellis::mqtt::Version version = trellis::mqtt::Version::v5;
  std::string client_id;  // empty: one of chance for each connection
  std::string user;
  std::string password;
  std::uint16_t keep_alive = 0;  // seconds, as it is announced
  event_template::EventTemplate topic;
  unsigned qos = 1;
  bool retain = false;
  bool binary = false;

  const peer_link::LinkSettings& link() const noexcept override { return peer; }
  /// The packet; the mark tells where its identifier goes.
  std::optional<common::Verdict> compose(trellis::Message message, peer_link::Piece& piece) const override;
  std::unique_ptr<peer_link::Speaker> speaker(peer_link::Link& link) const override;
};

/// What a destination's block may hold.
trellis::Schema target_schema();

/// Reads one; a sentence where it cannot work.
trellis::Result<std::shared_ptr<const Target>> read_target(const trellis::Config& block,
                                                           const peer_link::PluginSettings& settings);

}  // namespace mqtt_out

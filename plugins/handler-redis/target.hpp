// One subscription's stream: where it is, and how events lie in it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

#include "common/event_template/event_template.hpp"
#include "common/peer_link/settings.hpp"
#include "common/peer_link/speaker.hpp"

namespace redis {

class Target final : public peer_link::Place {
 public:
  peer_link::LinkSettings peer;
  std::string user;
  std::string password;
  std::int64_t database = 0;
  event_template::EventTemplate stream;
  std::string most_entries;  // as text; empty: no bound
  bool binary = false;

  const peer_link::LinkSettings& link() const noexcept override { return peer; }
  std::optional<common::Verdict> compose(trellis::Message message, peer_link::Piece& piece) const override;
  std::unique_ptr<peer_link::Speaker> speaker(peer_link::Link& link) const override;
};

/// What a destination's block may hold.
trellis::Schema target_schema();

/// Reads one; a sentence where it cannot work.
trellis::Result<std::shared_ptr<const Target>> read_target(const trellis::Config& block,
                                                           const peer_link::PluginSettings& settings);

}  // namespace redis

// One subscription's subject: where it is, how events are published to it, and who the broker is there.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

#include "common/event_template/event_template.hpp"
#include "common/peer_link/settings.hpp"
#include "common/peer_link/speaker.hpp"
#include "nkey.hpp"

namespace nats {

class Target final : public peer_link::Place {
 public:
  peer_link::LinkSettings peer;
  std::string user;
  std::string password;
  std::string token;
  std::string jwt;
  UserKey key;
  event_template::EventTemplate subject;
  bool jet_stream = true;  // a stream confirms; otherwise the server does that it has them
  bool binary = false;

  const peer_link::LinkSettings& link() const noexcept override { return peer; }
  /// The subject, then headers and payload; the mark tells their sizes.
  std::optional<common::Verdict> compose(trellis::Message message, peer_link::Piece& piece) const override;
  std::unique_ptr<peer_link::Speaker> speaker(peer_link::Link& link) const override;
};

/// The sizes in a piece's mark.
struct Sizes {
  std::size_t subject;
  std::size_t headers;

  std::uint64_t mark() const noexcept { return std::uint64_t{subject} << 32U | headers; }
  static Sizes of(std::uint64_t mark) noexcept {
    return {static_cast<std::size_t>(mark >> 32U), static_cast<std::size_t>(mark & 0xFFFF'FFFFU)};
  }
};

/// What a destination's block may hold.
trellis::Schema target_schema();

/// Reads one; a sentence where it cannot work.
trellis::Result<std::shared_ptr<const Target>> read_target(const trellis::Config& block,
                                                           const peer_link::PluginSettings& settings);

}  // namespace nats

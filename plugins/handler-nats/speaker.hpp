// The conversation with a NATS server on one connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "common/peer_link/link.hpp"
#include "common/peer_link/pings.hpp"
#include "target.hpp"
#include "wire.hpp"

namespace nats {

/// The server speaks first (INFO). With JetStream each event's reply goes to an inbox of its own number; otherwise a
/// PONG confirms everything that was sent before its PING.
class NatsSpeaker final : public peer_link::Speaker {
 public:
  /// The target is that of the link, which keeps it.
  NatsSpeaker(peer_link::Link& link, const Target& target);

  std::size_t read(std::string_view bytes) override;
  std::optional<common::Verdict> send(std::uint64_t number, peer_link::Piece& piece) override;
  void ping() override { pings_.ask(); }

 private:
  /// What was published, for errors that name a subject only.
  struct Published {
    std::uint64_t number;
    std::string subject;
  };

  // speaker.cpp: there
  void greet(std::string_view nonce);
  std::string connect_options(std::string_view nonce) const;

  // speaker_answers.cpp: and back. False where the connection ends.
  bool take(const Operation& operation);
  bool take_info(std::string_view json);
  bool take_pong();
  bool take_message(const Operation& operation);
  bool take_error(std::string_view text);

  peer_link::Link& link_;
  const Target& target_;
  const std::string inbox_;  // with a dot at its end
  bool greeted_ = false;
  std::size_t most_bytes_ = std::size_t{1} << 20U;  // of a message, as the server says
  peer_link::Pings pings_;
  std::deque<Published> published_;
};

}  // namespace nats

// AMQP 1.0 on one connection: one session, one link to one queue or topic, spoken by Qpid Proton without a socket.
#pragma once

#include <proton/connection_driver.h>
#include <proton/types.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <trellis/shard.hpp>

#include "common/peer_link/link.hpp"
#include "common/peer_link/speaker.hpp"
#include "target.hpp"

namespace amqp {

/// The peer's credit is what the link may have in flight. An event is settled by the peer's outcome for it, of which
/// "accepted" is the only one that delivers it.
class Conversation final : public peer_link::Speaker {
 public:
  Conversation(peer_link::Link& link, const Target& target);
  ~Conversation() override;
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  void begin() override;
  std::size_t read(std::string_view bytes) override;
  std::optional<common::Verdict> send(std::uint64_t number, peer_link::Piece& piece) override;
  void ping() override;
  void farewell() override;

 private:
  bool handle_events();
  bool handle(pn_event_t* event);
  void on_attached();
  void on_outcome(pn_delivery_t* delivery);
  bool end_by_transport();
  bool end(const common::Verdict& verdict);
  void flush();
  void tell_limit();
  void tick();

  peer_link::Link& link_;
  const Target& target_;
  pn_connection_driver_t driver_{};
  pn_session_t* session_ = nullptr;
  pn_link_t* sender_ = nullptr;
  bool attached_ = false;
  bool ended_ = false;
  trellis::Timer tick_;
  std::int64_t next_tick_ = 0;
};

}  // namespace amqp

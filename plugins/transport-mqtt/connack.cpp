/// CONNACK: letting clients in and refusing them, in no more bytes than they accept.
#include <algorithm>
#include <trellis/view.hpp>

#include "client.hpp"
#include "reasons.hpp"

namespace trellis::mqtt {

bool Client::fits(const ConnackPacket& packet) const {
  if (maximum_packet_size_ == kMaxPacketBytes) return true;  // as most clients have it
  std::string out;
  append_connack(out, packet);
  return out.size() <= maximum_packet_size_;
}

// What a client that is let in is told. It points into all three arguments.
ConnackPacket Client::connack_for(const Connecting& connecting, std::string_view authentication_data,
                                  std::string& response) const {
  const ConnectPacket& packet = connecting.packet;
  const Limits& limit = limits();
  ConnackPacket connack;
  connack.version = version_;
  connack.has_session_expiry = v5() && session_expiry_s_ != packet.properties.session_expiry;
  connack.session_expiry = session_expiry_s_;
  connack.has_server_keep_alive = keep_alive_s_ != packet.keep_alive;
  connack.server_keep_alive = keep_alive_s_;
  connack.retain_available = limit.retained;
  connack.wildcards_available = limit.wildcard_subscriptions;
  connack.identifiers_available = limit.subscription_identifiers;
  connack.shared_available = limit.shared_subscriptions;
  connack.maximum_qos = limit.maximum_qos;
  connack.receive_maximum = limit.receive_maximum;
  connack.topic_alias_maximum = limit.topic_aliases;
  connack.maximum_packet_size = limit.packet_bytes;
  connack.assigned_client_id = connecting.assigned_id;
  connack.authentication_method = packet.properties.authentication_method;
  connack.authentication_data = authentication_data;
  if (!v5() || !packet.properties.request_response_information || limit.response_information.empty()) return connack;
  response = limit.response_information;
  response += connecting.client_id();
  connack.response_information = response;
  // The one thing in it that a server need not say (3.1.2.11.6).
  if (!fits(connack)) connack.response_information = {};
  return connack;
}

void Client::accept(const Connecting& connecting, std::string_view authentication_data, bool session_present) {
  const ConnectPacket& packet = connecting.packet;
  if (packet.has_will) {
    const trellis_identity* identity = shard_.common().identity->of(connection_);
    will_ = std::make_unique<Will>(packet, connecting.will_user_properties, connecting.client_id(),
                                   identity == nullptr ? std::string_view{} : text(identity->name), name_space_,
                                   limits().zero_expiry_never);
  }
  keep_session();
  std::string response;
  ConnackPacket connack = connack_for(connecting, authentication_data, response);
  connack.session_present = session_present;
  std::string out;
  append_connack(out, connack);
  state_ = State::connected;
  counted_ = true;
  if (shard_.common().witness.load(std::memory_order_relaxed) != nullptr) {
    const trellis_identity* const who = shard_.common().identity->of(connection_);
    shard_.presence.connected(this, name_space_, who == nullptr ? std::string_view{} : text(who->name),
                              connecting.client_id());
  }
  send(out, PacketType::connack);
  shard_.metrics().connections[static_cast<unsigned>(version_)].add(shard_.handle());
  arm_timer(0);
  shard_.subscribers().attach(subscriber_, connection_,
                              std::min(packet.properties.receive_maximum, limits().inflight_messages));
  resume_queues();
  if (extras_ != nullptr && extras_->quota != nullptr) read_later(extras_->quota->owed_ms(shard_.now_ms()));
  if (shard_.common().host.logs(Level::debug)) {
    shard_.common().host.log(Level::debug, "client connected",
                             {{"client_id", connecting.client_id()},
                              {"connection", shard_.info(connection_).id},
                              {"version", static_cast<unsigned>(version_)},
                              {"session_present", session_present}});
  }
}

void Client::refuse(Reason reason, std::string_view text, Version version) {
  if (text.empty()) text = reason_text(reason);
  log_end(reason, text);
  ConnackPacket connack;
  connack.version = version;
  connack.reason = reason;
  connack.reason_string = text;
  if (!fits(connack)) connack.reason_string = {};
  // Who accepts not even that much is left to see the connection close.
  if (fits(connack)) {
    std::string out;
    append_connack(out, connack);
    send(out, PacketType::connack);
  }
  shard_.metrics().refused[static_cast<std::uint8_t>(reason)].add(shard_.handle());
  state_ = State::closing;
  shard_.connections().close(connection_);
}

}  // namespace trellis::mqtt

#include "client.hpp"

#include <algorithm>
#include <trellis/view.hpp>
#include <utility>

#include "reasons.hpp"

namespace trellis::mqtt {

Client::~Client() {
  drop_connecting();
  if (will_ != nullptr && will_->timer != 0) shard_.common().loop->cancel_timer(shard_.handle(), will_->timer);
}

std::size_t Client::on_bytes(std::span<const std::uint8_t> data, std::size_t& wanted) noexcept {
  if (state_ == State::closing) return data.size();
  Shard& shard = shard_;
  shard.batch.begin();
  shard.acting = this;
  std::size_t used = 0;
  handle_packets(data, used, wanted);
  if (std::exchange(shard.moved, false)) return 0;  // *this may be gone
  note_unfinished(used, wanted);
  if (state_ == State::connected && flush_publishes()) pace_publishes();
  flush_acks();
  shard.acting = nullptr;
  shard.batch.clear();
  shard.flush_counts();
  return state_ == State::closing ? data.size() : used;
}

void Client::handle_packets(std::span<const std::uint8_t> data, std::size_t& used, std::size_t& wanted) {
  while (used < data.size()) {
    const std::size_t left = data.size() - used;
    FixedHeader header;
    const HeaderResult result = read_header(data.data() + used, left, header);
    if (const Fault fault = check_header(result, header, data[used])) {
      // What came before it was good: a QoS 2 message whose identifier is taken down must not stay unpublished.
      if (state_ != State::connected || flush_publishes()) end(fault);
      return;
    }
    if (result == HeaderResult::incomplete) {
      wanted = left + 1;
      return;
    }
    if (left < header.total()) {
      wanted = header.total();
      return;
    }
    const Reader body(data.data() + used + header.size, header.remaining);
    used += header.total();
    if (!handle(header, body)) return;
  }
}

// What can be said before the body is there: a packet that is refused anyway is not waited for.
Fault Client::check_header(HeaderResult result, const FixedHeader& header, std::uint8_t first) const {
  if (state_ == State::fresh && first != static_cast<unsigned>(PacketType::connect) << 4) {
    return {Reason::protocol_error, "the first packet is not CONNECT"};
  }
  if (result == HeaderResult::malformed) return {Reason::malformed, "the remaining length has more than four bytes"};
  if (result == HeaderResult::incomplete) return {};
  if (header.size > 2 && v5() && !header.shortest()) {
    return {Reason::malformed, "the remaining length takes more bytes than it needs"};
  }
  const std::uint32_t most =
      state_ == State::connected ? limits().packet_bytes : std::max(limits().connect_packet_bytes, 1024U);
  // Too large is the end of the connection. Skipping the packet would let a client keep us reading what was refused.
  if (header.total() > most) return {Reason::packet_too_large, {}};
  return {};
}

// False when the connection ended, moved or waits for the authenticators: no more packets now.
bool Client::handle(const FixedHeader& header, Reader body) {
  const PacketType type = header.type();
  if (type == PacketType::publish && state_ == State::connected) {
    shard_.received.add(PacketType::publish);
    return handle_publish(header, body);
  }
  if (state_ == State::fresh) return handle_connect(header, body);
  shard_.received.add(type);
  if (state_ == State::connected && !flush_publishes()) return false;
  if (!allowed_now(type)) return false;
  if (!flags_valid(type, header.flags(), version_)) {
    end(Reason::malformed, "reserved flags of the fixed header are set");
    return false;
  }
  switch (type) {
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      return handle_ack(type, body);
    case PacketType::subscribe:
      return handle_subscribe(body);
    case PacketType::unsubscribe:
      return handle_unsubscribe(body);
    case PacketType::auth:
      return handle_auth(body);
    case PacketType::disconnect:
      return handle_disconnect(body);
    default:
      break;
  }
  if (!body.done()) {
    end(Reason::malformed, "PINGREQ has a body");
    return false;
  }
  shard_.sent.add(PacketType::pingresp);
  constexpr std::uint8_t pingresp[] = {static_cast<unsigned>(PacketType::pingresp) << 4, 0};
  flush_acks();
  shard_.connections().write(connection_, pingresp, sizeof pingresp);
  return true;
}

bool Client::allowed_now(PacketType type) {
  switch (type) {
    case PacketType::connect:
      end(Reason::protocol_error, "a second CONNECT");
      return false;
    case PacketType::auth:
      if (v5()) return true;
      end(Reason::malformed, "AUTH does not exist in this version");
      return false;
    case PacketType::disconnect:
      return true;
    case PacketType::publish:
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
    case PacketType::subscribe:
    case PacketType::unsubscribe:
    case PacketType::pingreq:
      if (state_ == State::connected) return true;
      end(Reason::protocol_error, "only AUTH and DISCONNECT are allowed before the client is authenticated");
      return false;
    default:
      break;
  }
  end(static_cast<unsigned>(type) == 0 ? Reason::malformed : Reason::protocol_error, "a packet only brokers send");
  return false;
}

bool Client::handle_disconnect(Reader body) {
  DisconnectPacket packet;
  if (const Fault fault = read_disconnect(body, version_, packet)) {
    end(fault);
    return false;
  }
  if (packet.properties.has(Property::session_expiry)) {
    if (session_expiry_s_ == 0 && packet.properties.session_expiry != 0) {
      end(Reason::protocol_error, "DISCONNECT gives a session a life that CONNECT did not ask for");
      return false;
    }
    session_expiry_s_ = std::min(packet.properties.session_expiry, longest_session_s());
  }
  if (!check_control_properties(packet.properties.user_property_count)) return false;
  if (packet.reason == Reason::success) will_.reset();
  shard_.metrics().disconnects[static_cast<std::uint8_t>(packet.reason)].add(shard_.handle());
  shard_.presence.ending(this, TRELLIS_DISCONNECTED_BY_CLIENT);
  flush_acks();
  state_ = State::closing;
  shard_.connections().close(connection_);
  return false;
}

bool Client::check_control_properties(std::uint32_t count) {
  if (count == 0 || limits().control_user_properties) return true;
  end(Reason::implementation_specific, "user properties are accepted with PUBLISH only");
  return false;
}

void Client::send(const std::string& packet, PacketType type) {
  flush_acks();
  shard_.sent.add(type);
  shard_.connections().write(connection_, packet.data(), packet.size());
}

void Client::acknowledge(PacketType type, std::uint16_t packet_id, Reason reason, std::string_view text) {
  if (!text.empty() && v5() && problem_information_) {
    std::string packet;
    append_ack(packet, type, packet_id, reason, text);
    if (packet.size() <= maximum_packet_size_) return send(packet, type);
  }
  if (shard_.ack_bytes + kAckBytes > sizeof shard_.acks) flush_acks();
  std::uint8_t* out = shard_.acks + shard_.ack_bytes;
  shard_.ack_bytes += static_cast<std::size_t>(write_ack(out, type, packet_id, reason, version_) - out);
  shard_.sent.add(type);
}

void Client::flush_acks() {
  if (shard_.ack_bytes == 0 || shard_.acting != this) return;
  shard_.connections().write(connection_, shard_.acks, std::exchange(shard_.ack_bytes, 0));
}

void Client::end(const Fault& fault) { end(fault.reason, fault.text); }

void Client::end(Reason reason, std::string_view text) {
  if (state_ == State::closing) return;
  if (text.empty()) text = reason_text(reason);
  if (state_ != State::connected) {
    // MQTT 3 has no words for a fault before CONNACK, and nobody can be told whose version is not known yet.
    if (v5() && state_ != State::fresh) return refuse(reason, text, version_);
    log_end(reason, text);
    return close(reason);
  }
  log_end(reason, text);
  if (v5()) {
    std::string packet;
    append_disconnect(packet, reason, text);
    if (packet.size() > maximum_packet_size_) {
      packet.clear();
      append_disconnect(packet, reason, {});
    }
    if (packet.size() <= maximum_packet_size_) send(packet, PacketType::disconnect);
  }
  close(reason);
}

void Client::close(Reason reason) {
  flush_acks();
  shard_.presence.ending(this, disconnected_for(reason));
  state_ = State::closing;
  shard_.metrics().disconnects[static_cast<std::uint8_t>(reason)].add(shard_.handle());
  shard_.connections().close(connection_);
}

}  // namespace trellis::mqtt

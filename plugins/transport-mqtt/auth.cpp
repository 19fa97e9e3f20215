/// Enhanced authentication (MQTT 5, 4.12): AUTH packets and the authenticators' answers.
#include <trellis/view.hpp>

#include "client.hpp"
#include "message_flags.hpp"
#include "reasons.hpp"

namespace trellis::mqtt {
namespace {

Reason reason_of(trellis_status status) noexcept {
  switch (status) {
    case TRELLIS_BAD_CREDENTIALS:
      return Reason::bad_credentials;
    case TRELLIS_BAD_METHOD:
      return Reason::bad_authentication_method;
    case TRELLIS_UNAVAILABLE:
    case TRELLIS_INTERNAL:
      return Reason::server_unavailable;
    case TRELLIS_QUOTA:
      return Reason::quota_exceeded;
    case TRELLIS_INVALID:
      return Reason::client_id_not_valid;
    default:
      return Reason::not_authorized;
  }
}

// Whoever fails to prove itself again is not authorized any more, also where nobody could be asked: 0x88 is for CONNACK
// only, and 0x89 would tell of a busy server what is about this client.
Reason disconnect_reason_of(trellis_status status) noexcept {
  return status == TRELLIS_QUOTA ? Reason::quota_exceeded : Reason::not_authorized;
}

}  // namespace

void Client::on_authenticated(const trellis_auth_answer& answer) noexcept {
  asking_ = false;
  if (state_ == State::closing) return;
  if (answer.verdict != TRELLIS_AUTH_ALLOW && answer.verdict != TRELLIS_AUTH_CHALLENGE) return deny(answer);
  if (answer.data.size > kMaxTextBytes) {
    // Half an exchange is none, and leaving the data out would be just that.
    shard_.common().host.log(Level::error, "an authenticator's data is longer than a packet can carry",
                             {{"bytes", answer.data.size}, {"limit", kMaxTextBytes}});
    trellis_auth_answer denial{};
    denial.status = TRELLIS_INTERNAL;
    return deny(denial);
  }
  if (answer.verdict == TRELLIS_AUTH_CHALLENGE) return challenge(answer);
  if (state_ == State::connected) {
    reauthenticating_ = false;
    send_auth(Reason::success, extras().authentication_method, text(answer.data));
    if (state_ == State::connected) arm_timer(shard_.connections().idle_ms(connection_));
    return;
  }
  finish_connect(*connecting_, text(answer.data));
  // Where it lives on the stack handle_connect() forgets it.
  if (heap_connecting_) drop_connecting();
}

void Client::challenge(const trellis_auth_answer& answer) {
  const bool connecting = state_ != State::connected;
  const std::string_view method = connecting ? connecting_->packet.properties.authentication_method
                                             : std::string_view(extras().authentication_method);
  if (method.empty()) {
    // An authenticator that challenges clients which cannot answer. They are denied rather than left waiting.
    if (!connecting) return end(Reason::bad_authentication_method, {});
    return refuse(Reason::bad_authentication_method, {}, version_);
  }
  if (connecting) state_ = State::challenged;
  send_auth(Reason::continue_authentication, method, text(answer.data));
}

// An exchange that cannot go on ends: with CONNACK while there was none, else with DISCONNECT.
void Client::send_auth(Reason reason, std::string_view method, std::string_view data) {
  constexpr std::string_view too_large = "AUTH would be larger than the client accepts";
  std::string packet;
  append_auth(packet, reason, method, data);
  if (packet.size() <= maximum_packet_size_) return send(packet, PacketType::auth);
  if (state_ == State::connected) return end(Reason::packet_too_large, too_large);
  refuse(Reason::implementation_specific, too_large, version_);
}

void Client::deny(const trellis_auth_answer& answer) {
  if (state_ == State::connected) {
    const Reason reason = disconnect_reason_of(answer.status);
    if (reason == Reason::not_authorized) shard_.presence.ending(this, TRELLIS_DISCONNECTED_AUTHENTICATION);
    end(reason, text(answer.reason));
  } else {
    refuse(reason_of(answer.status), text(answer.reason), version_);
  }
}

bool Client::handle_auth(Reader body) {
  AuthPacket packet;
  std::vector<trellis_pair> user_properties;
  if (const Fault fault = read_auth(body, packet, &user_properties)) {
    end(fault);
    return false;
  }
  if (!check_control_properties(packet.properties.user_property_count)) return false;
  const bool again = packet.reason == Reason::reauthenticate;
  const std::string_view method = state_ == State::connected
                                      ? (extras_ == nullptr ? std::string_view{} : extras_->authentication_method)
                                      : connecting_->packet.properties.authentication_method;
  if (method.empty() || packet.properties.authentication_method != method) {
    end(Reason::protocol_error, "AUTH with another method than CONNECT had");
  } else if (packet.properties.authentication_data.size() > limits().authentication_bytes) {
    end(Reason::packet_too_large, "the authentication data is too long");
  } else if (again ? state_ != State::connected || reauthenticating_
                   : state_ == State::connected && !reauthenticating_) {
    end(Reason::protocol_error, "AUTH out of turn");
  } else {
    ask_again(packet, user_properties, again || reauthenticating_);
  }
  return !asking_ && state_ != State::closing;
}

void Client::ask_again(const AuthPacket& packet, const std::vector<trellis_pair>& user_properties,
                       bool reauthenticates) {
  std::uint32_t flags = flag_if(reauthenticates, TRELLIS_CREDENTIALS_REAUTHENTICATES);
  if (packet.reason == Reason::continue_authentication) flags |= TRELLIS_CREDENTIALS_CONTINUES;
  reauthenticating_ = reauthenticates;
  if (connecting_ != nullptr) return authenticate(*connecting_, flags, packet.properties.authentication_data);
  Connecting step;
  step.packet.version = version_;
  step.packet.client_id = extras().client_id;
  step.packet.properties = packet.properties;
  step.user_properties = user_properties;
  authenticate(step, flags, packet.properties.authentication_data);
}

}  // namespace trellis::mqtt

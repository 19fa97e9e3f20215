/// CONNECT: checking it, finding its shard, opening or resuming its session. What is answered is in connack.cpp.
#include <algorithm>
#include <trellis/view.hpp>
#include <utility>

#include "client.hpp"
#include "common/mqtt/text.hpp"
#include "message_flags.hpp"
#include "reasons.hpp"

namespace trellis::mqtt {

bool Client::handle_connect(const FixedHeader& header, Reader body) {
  Connecting connecting;
  const ConnectPacket& packet = connecting.packet;
  Fault fault = read_connect(body, connecting.packet, &connecting.user_properties, &connecting.will_user_properties);
  const bool answerable = !fault || packet.version == Version::v5 || fault.reason == Reason::unsupported_version;
  version_ = packet.version;
  // 0 is a fault, which can be told all the same.
  if (packet.properties.maximum_packet_size != 0) maximum_packet_size_ = packet.properties.maximum_packet_size;
  if (fault && (fault.text.empty() || !answerable)) {
    log_end(fault.reason, fault.text.empty() ? "the protocol is not MQTT" : fault.text);
    close(fault.reason);
    return false;
  }
  // check_header() has seen that the flags are 0, but did not know the version.
  if (!fault && v5() && !header.shortest())
    fault = {Reason::malformed, "the remaining length takes more bytes than it needs"};
  if (!fault) fault = check_connect(packet);
  if (fault) {
    refuse(fault.reason, fault.text, version_);
    return false;
  }
  if (packet.client_id.empty()) {
    connecting.assigned_id = shard_.assign_client_id(connection_, name_space_);
  } else {
    const std::uint32_t home = shard_.subscribers().home(connection_, view(packet.client_id));
    if (home != shard_.index()) {
      shard_.moved = true;
      shard_.connections().move(connection_, home);
      return false;
    }
  }
  shard_.received.add(PacketType::connect);
  if (!shard_.take_namespace(name_space_, Rated::connects)) {
    refuse(Reason::connection_rate_exceeded, {}, version_);
    return false;
  }
  connecting_ = &connecting;
  state_ = State::authenticating;
  authenticate(connecting, 0, packet.properties.authentication_data);
  if (state_ == State::authenticating || state_ == State::challenged) {
    connecting_ = connecting.to_heap(body.rest()).release();
    heap_connecting_ = true;
  } else {
    connecting_ = nullptr;
  }
  return !asking_ && state_ != State::closing;
}

// The bytes of the packet die with the on_bytes call; the answer comes later.
std::unique_ptr<Client::Connecting> Client::Connecting::to_heap(std::string_view body) {
  auto kept = std::make_unique<Connecting>();
  kept->copy = body;
  kept->assigned_id = assigned_id;
  // The same bytes were good a moment ago.
  static_cast<void>(read_connect(Reader(reinterpret_cast<const std::uint8_t*>(kept->copy.data()), kept->copy.size()),
                                 kept->packet, &kept->user_properties, &kept->will_user_properties));
  return kept;
}

void Client::drop_connecting() noexcept {
  if (heap_connecting_) delete connecting_;
  heap_connecting_ = false;
  connecting_ = nullptr;
}

Fault Client::check_connect(const ConnectPacket& packet) const {
  const Limits& limit = limits();
  if (!limit.version_accepted[static_cast<unsigned>(packet.version)]) {
    return {Reason::unsupported_version, reason_text(Reason::unsupported_version)};
  }
  if (packet.client_id.empty()) {
    if (!limit.empty_client_ids) return {Reason::client_id_not_valid, "an empty client identifier is not accepted"};
    if (packet.version == Version::v31 || (packet.version == Version::v311 && !packet.clean_start)) {
      return {Reason::client_id_not_valid, "an empty client identifier needs a clean session"};
    }
  }
  if (packet.client_id.size() > limit.client_id_bytes) {
    return {Reason::client_id_not_valid, "the client identifier is too long"};
  }
  if (packet.properties.user_property_count > 0 && !limit.control_user_properties) {
    return {Reason::implementation_specific, "user properties are accepted with PUBLISH only"};
  }
  if (packet.properties.authentication_data.size() > limit.authentication_bytes) {
    return {Reason::packet_too_large, "the authentication data is too long"};
  }
  return packet.has_will ? check_will(packet) : Fault{};
}

Fault Client::check_will(const ConnectPacket& packet) const {
  const Limits& limit = limits();
  const WillPacket& will = packet.will;
  if (will.qos > limit.maximum_qos) return {Reason::qos_not_supported, "the will's QoS is above Maximum QoS"};
  if (will.retain && !limit.retained) return {Reason::retain_not_supported, "retained messages are switched off"};
  // Nobody can be told any more when a will is refused that is due.
  if (will.topic.size() > limit.topic_bytes || topic_levels(will.topic) > limit.topic_levels) {
    return {Reason::topic_name_invalid, "the will topic is too long"};
  }
  if (will.retain && will.payload.size() > limit.retained_message_bytes) {
    return {Reason::quota_exceeded, "the retained will is too large"};
  }
  if (will.payload.size() > limit.payload_bytes) return {Reason::packet_too_large, "the will is too large"};
  const Properties& properties = will.properties;
  if (properties.user_property_bytes > limit.user_property_bytes ||
      std::max({properties.content_type.size(), properties.response_topic.size(), properties.correlation_data.size()}) >
          limit.property_bytes) {
    return {Reason::packet_too_large, "the will's properties are too long"};
  }
  if (properties.payload_format == 1 && limit.payload_format_checked && !valid_utf8(will.payload)) {
    return {Reason::payload_format_invalid, "the will is marked as UTF-8 text and is none"};
  }
  return {};
}

void Client::authenticate(const Connecting& connecting, std::uint32_t flags, std::string_view data) {
  const ConnectPacket& packet = connecting.packet;
  trellis_credentials credentials{};
  credentials.struct_size = sizeof credentials;
  credentials.flags = flags | flag_if(packet.has_username, TRELLIS_CREDENTIALS_HAS_USERNAME) |
                      flag_if(packet.has_password, TRELLIS_CREDENTIALS_HAS_PASSWORD) |
                      flag_if(packet.properties.has(Property::authentication_method), TRELLIS_CREDENTIALS_HAS_METHOD);
  credentials.protocol = view(v5() ? "mqtt5" : "mqtt3");
  credentials.client_id = view(connecting.client_id());
  credentials.username = view(packet.username);
  credentials.password = view(packet.password);
  credentials.authentication_method = view(packet.properties.authentication_method);
  credentials.authentication_data = view(data);
  credentials.user_properties = connecting.user_properties.data();
  credentials.user_property_count = static_cast<std::uint32_t>(connecting.user_properties.size());
  asking_ = true;
  shard_.common().identity->authenticate(connection_, &credentials);
}

void Client::finish_connect(const Connecting& connecting, std::string_view authentication_data) {
  const ConnectPacket& packet = connecting.packet;
  // Counted now that it is known who it is: before, anybody could keep anybody else out.
  const trellis_identity* identity = shard_.common().identity->of(connection_);
  if (!shard_.may_connect(name_space_, connecting.client_id(),
                          identity == nullptr ? std::string_view{} : text(identity->name))) {
    return refuse(Reason::connection_rate_exceeded, {}, version_);
  }
  trellis_client_limits own{};
  own.struct_size = sizeof own;
  if (!admit(connecting, own)) return;
  if (owes_too_much(own)) {
    return refuse(Reason::connection_rate_exceeded, "it has published more than its quota allows", version_);
  }
  if (packet.has_will) {
    if (shard_.common().publish->may_publish(connection_, view(connecting.client_id()), view(packet.will.topic)) !=
        TRELLIS_OK) {
      return refuse(Reason::not_authorized, "the client may not publish its will", version_);
    }
  }
  apply_session(connecting, own);
  // Before there is a session, so that none is ended or taken over for a client that cannot be let in.
  std::string response;
  if (!fits(connack_for(connecting, authentication_data, response))) {
    return refuse(Reason::implementation_specific, "CONNACK would be larger than the client accepts", version_);
  }
  const trellis_status status = open_subscriber(connecting, own);
  switch (status) {
    case TRELLIS_OK:
    case TRELLIS_EXISTED:
      break;
    case TRELLIS_NOT_AUTHORIZED:
      return refuse(Reason::not_authorized, "the client identifier belongs to somebody else", version_);
    case TRELLIS_QUOTA:
      return refuse(Reason::quota_exceeded, "there are too many sessions", version_);
    case TRELLIS_INVALID:
      return refuse(Reason::client_id_not_valid, {}, version_);
    default:
      return refuse(Reason::server_unavailable, {}, version_);
  }
  accept(connecting, authentication_data, status == TRELLIS_EXISTED && !packet.clean_start);
}

// Whether who it turned out to be may be connected. False: it was told that it may not.
bool Client::admit(const Connecting& connecting, trellis_client_limits& own) {
  trellis_error why{sizeof(trellis_error), 0, {}};
  const trellis_status status = shard_.common().identity->admit(connection_, view(connecting.client_id()), &own, &why);
  if (status == TRELLIS_OK) return true;
  const Reason reason = status == TRELLIS_QUOTA            ? Reason::quota_exceeded
                        : status == TRELLIS_NOT_AUTHORIZED ? Reason::not_authorized
                                                           : Reason::server_unavailable;
  refuse(reason, std::string_view(why.text, why.size), version_);
  return false;
}

void Client::apply_session(const Connecting& connecting, const trellis_client_limits& own) {
  const ConnectPacket& packet = connecting.packet;
  const Limits& limit = limits();
  if ((own.subscriptions | own.session_expiry_s) != 0 || (own.publishes_per_s | own.bytes_per_s) != 0) {
    extras().own = own;
  }
  bridge_ = packet.bridge;
  keep_alive_s_ = packet.keep_alive;
  if (limit.keep_alive_s != 65'535 && (keep_alive_s_ == 0 || keep_alive_s_ > limit.keep_alive_s)) {
    keep_alive_s_ = limit.keep_alive_s;
  }
  if (v5()) {
    session_expiry_s_ = std::min(packet.properties.session_expiry, longest_session_s());
    problem_information_ = packet.properties.request_problem_information;
    const std::uint16_t aliases = std::min(packet.properties.topic_alias_maximum, limit.outgoing_topic_aliases);
    if (aliases > 0) extras().outgoing_aliases = std::make_unique<OutgoingAliases>(aliases);
    if (packet.properties.has(Property::authentication_method)) {
      extras().authentication_method = packet.properties.authentication_method;
      extras().client_id = connecting.client_id();
    }
  } else {
    const std::uint32_t longest = own.session_expiry_s == 0 ? limit.mqtt3_session_expiry_s : own.session_expiry_s;
    session_expiry_s_ = packet.clean_start ? 0 : longest;
  }
}

trellis_status Client::open_subscriber(const Connecting& connecting, const trellis_client_limits& own) {
  const Limits& limit = limits();
  trellis_subscriber_options options{};
  options.struct_size = sizeof options;
  options.flags = flag_if(connecting.packet.clean_start, TRELLIS_SUBSCRIBER_FRESH);
  options.name_space = name_space_;
  options.window = std::min(connecting.packet.properties.receive_maximum, limit.inflight_messages);
  options.window_bytes = limit.inflight_bytes;
  options.subscribers = limit.namespace_sessions;
  options.subscribers_of_name = own.sessions == 0 ? limit.sessions_of_name : own.sessions;
  if (has_identity_flag(TRELLIS_IDENTITY_ONE_SESSION)) options.subscribers_of_name = 1;
  options.name = view(connecting.client_id());
  options.connection = connection_;
  options.owner = shard_.common().host.handle();
  options.expiry_ms = session_expiry_ms();
  options.limits.struct_size = sizeof options.limits;
  options.limits.overflow = limit.queue_overflow;
  options.limits.messages = limit.queue_messages;
  options.limits.bytes = limit.queue_bytes;
  options.limits.queue_qos0 = limit.queue_qos0 ? 1 : 0;
  const trellis_status status = shard_.subscribers().open(shard_.handle(), &options, &receiver(), this, &subscriber_);
  if (subscriber_ == nullptr) return status;
  trellis_subscriber_stats stats{};
  stats.struct_size = sizeof stats;
  shard_.subscribers().stats(subscriber_, &stats);
  kept_ = stats.kept != 0;
  if (status != TRELLIS_EXISTED || connecting.packet.clean_start) return status;
  const auto session = KeptSession::load(text(shard_.subscribers().memo(subscriber_)));
  if (!session) return status;
  take_queues(*session);
  if (session->incoming.empty()) return status;
  incoming_ = std::make_unique<IncomingIds>();
  incoming_->load(session->incoming);
  shard_.subscribers().set_memo(subscriber_, {});
  return status;
}

}  // namespace trellis::mqtt

/// PUBLISH from clients: read in place, gathered, handed to the kernel in batches, acknowledged in order.
#include <algorithm>
#include <trellis/view.hpp>

#include "client.hpp"
#include "common/mqtt/text.hpp"
#include "message_flags.hpp"
#include "reasons.hpp"

namespace trellis::mqtt {
namespace {

Reason reason_of(trellis_status status) noexcept {
  switch (status) {
    case TRELLIS_OK:
    case TRELLIS_DROPPED:
      return Reason::success;
    case TRELLIS_NO_MATCH:
      return Reason::no_matching_subscribers;
    case TRELLIS_NOT_AUTHORIZED:
      return Reason::not_authorized;
    case TRELLIS_INVALID:
      return Reason::topic_name_invalid;
    case TRELLIS_TOO_LARGE:
    case TRELLIS_QUOTA:
    case TRELLIS_UNAVAILABLE:
      return Reason::quota_exceeded;
    default:
      return Reason::implementation_specific;
  }
}

}  // namespace

// Nothing of a message is in the batch before all is known to be good, so that whatever is wrong with it can be told
// after those before it are acknowledged.
bool Client::handle_publish(const FixedHeader& header, Reader body) {
  Batch& batch = shard_.batch;
  ++batch.arrived;
  batch.arrived_bytes += header.total();
  if (batch.count == Batch::kSize && !flush_publishes()) return false;
  const auto first_user_property = static_cast<std::uint32_t>(batch.user_properties.size());
  PublishPacket packet;
  Properties properties;
  Fault fault = read_publish(header, body, packet, properties);
  bool fatal = static_cast<bool>(fault);
  if (!fault) shard_.received.add_payload(packet.payload.size());
  if (!fault) fault = check_publish(packet, properties, fatal);
  if (fault) {
    batch.user_properties.resize(first_user_property);
    if (!flush_publishes()) return false;
    if (!fatal) return refuse_publish(packet, fault);
    end(fault);
    return false;
  }
  if (packet.qos > 0 && !take_packet_id(packet)) return state_ == State::connected;
  trellis_publication& publication = batch.messages[batch.count];
  publication = {};
  publication.struct_size = sizeof publication;
  publication.topic = view(packet.topic);
  publication.payload = view(packet.payload);
  publication.qos = packet.qos;
  publication.mark = packet.qos == 2 ? packet.packet_id : 0;
  publication.flags = flag_if(packet.retain, TRELLIS_MESSAGE_RETAIN);
  if (properties.present != 0) {
    publication.flags |= message_flags(properties, limits().zero_expiry_never);
    publication.content_type = view(properties.content_type);
    publication.response_topic = view(properties.response_topic);
    publication.correlation_data = view(properties.correlation_data);
    publication.user_property_count = properties.user_property_count;
    publication.expiry_s = properties.message_expiry;
  }
  batch.origins[batch.count] = {first_user_property, packet.packet_id};
  ++batch.count;
  return true;
}

Fault Client::read_publish(const FixedHeader& header, Reader body, PublishPacket& packet, Properties& properties) {
  if (const Fault fault = read_publish_head(body, header.flags(), packet)) return fault;
  if (v5()) {
    if (!body.done() && *body.position() == 0) {
      body.u8();
    } else if (const Fault fault =
                   read_properties(body, PropertyContext::publish, properties, &shard_.batch.user_properties)) {
      return fault;
    }
    if (properties.has(Property::subscription_identifier)) {
      return {Reason::protocol_error, "clients do not send subscription identifiers with PUBLISH"};
    }
  }
  packet.payload = body.rest();
  if (packet.topic != shard_.batch.checked_topic && !packet.topic.empty()) {
    switch (check_topic_name(packet.topic)) {
      case TopicFault::none:
        break;
      case TopicFault::not_text:
        return {Reason::malformed, "the topic name is not valid UTF-8 text"};
      case TopicFault::invalid:
        return {Reason::topic_name_invalid, "the topic name contains a wildcard"};
    }
    shard_.batch.checked_topic = packet.topic;
  }
  if (properties.has(Property::topic_alias)) return resolve_alias(packet, properties.topic_alias);
  if (packet.topic.empty()) return {Reason::protocol_error, "neither topic name nor topic alias"};
  return {};
}

Fault Client::resolve_alias(PublishPacket& packet, std::uint16_t alias) {
  if (alias == 0 || alias > limits().topic_aliases) return {Reason::topic_alias_invalid, {}};
  IncomingAliases& aliases = extras().incoming_aliases;
  if (!packet.topic.empty()) {
    aliases.set(alias, packet.topic, shard_.batch.retired_topics);
    return {};
  }
  packet.topic = aliases.find(alias);
  return packet.topic.empty() ? Fault{Reason::protocol_error, "the topic alias stands for nothing yet"} : Fault{};
}

// Limits of the namespace. fatal: the connection ends, whatever the QoS.
Fault Client::check_publish(const PublishPacket& packet, const Properties& properties, bool& fatal) const {
  const Limits& limit = limits();
  fatal = true;
  if (packet.qos > limit.maximum_qos) return {Reason::qos_not_supported, {}};
  if (packet.retain && !limit.retained) return {Reason::retain_not_supported, {}};
  fatal = false;
  if (packet.topic.size() > limit.topic_bytes) return {Reason::topic_name_invalid, "the topic name is too long"};
  if (limit.checks_topic_levels() && topic_levels(packet.topic) > limit.topic_levels) {
    return {Reason::topic_name_invalid, "the topic name has too many levels"};
  }
  if (packet.payload.size() > limit.payload_bytes) return {Reason::packet_too_large, "the payload is too large"};
  if (packet.retain && packet.payload.size() > limit.retained_message_bytes) {
    return {Reason::quota_exceeded, "the retained message is too large"};
  }
  if (properties.present == 0) return {};
  if (properties.user_property_bytes > limit.user_property_bytes) {
    return {Reason::packet_too_large, "the user properties are too large"};
  }
  if (std::max({properties.content_type.size(), properties.response_topic.size(), properties.correlation_data.size()}) >
      limit.property_bytes) {
    return {Reason::packet_too_large, "a property is too long"};
  }
  if (properties.payload_format == 1 && limit.payload_format_checked && !valid_utf8(packet.payload)) {
    return {Reason::payload_format_invalid, {}};
  }
  return {};
}

// False when the packet is not to be published: a repetition, or too many in flight.
bool Client::take_packet_id(const PublishPacket& packet) {
  Batch& batch = shard_.batch;
  if (incoming_ != nullptr && incoming_->contains(packet.packet_id)) {
    if (!flush_publishes()) return false;
    if (packet.qos == 2) {
      acknowledge(PacketType::pubrec, packet.packet_id, Reason::success);
    } else {
      refuse_publish(packet, {Reason::packet_id_in_use, {}});
    }
    return false;
  }
  const std::size_t unreleased = incoming_ == nullptr ? 0 : incoming_->inserted();
  // What this on_bytes call brought is unacknowledged as far as the client can know: answers leave after it.
  if (v5() && unreleased + batch.unacknowledged >= limits().receive_maximum) {
    if (flush_publishes()) end(Reason::receive_maximum_exceeded, {});
    return false;
  }
  if (packet.qos == 1) {
    ++batch.unacknowledged;
    return true;
  }
  if (incoming_ == nullptr) incoming_ = std::make_unique<IncomingIds>();
  incoming_->insert(packet.packet_id);
  return true;
}

// For one message the rest of the connection need not suffer for, if there is a way to tell the client.
bool Client::refuse_publish(const PublishPacket& packet, const Fault& fault) {
  shard_.metrics().publishes_refused[static_cast<std::uint8_t>(fault.reason)].add(shard_.handle());
  if (!v5() || packet.qos == 0) {
    end(fault);
    return false;
  }
  const PacketType type = packet.qos == 1 ? PacketType::puback : PacketType::pubrec;
  // PUBACK and PUBREC have no "too large" (3.4.2.1).
  const Reason reason = fault.reason == Reason::packet_too_large ? Reason::quota_exceeded : fault.reason;
  acknowledge(type, packet.packet_id, reason, fault.text.empty() ? reason_text(reason) : fault.text);
  return true;
}

// Hands the batch to the kernel and acknowledges it. False when the connection ended over it.
bool Client::flush_publishes() {
  Batch& batch = shard_.batch;
  if (batch.count == 0) return state_ == State::connected;
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    if (batch.messages[i].user_property_count > 0) {
      batch.messages[i].user_properties = batch.user_properties.data() + batch.origins[i].first_user_property;
    }
    batch.results[i] = TRELLIS_STATUS_UNSET;
  }
  shard_.common().publish->publish(connection_, batch.messages, batch.results, batch.count);
  for (std::uint32_t i = 0; i < batch.count; ++i) {
    settle_publish(batch.messages[i].qos, batch.origins[i].packet_id, batch.results[i]);
  }
  batch.clear();
  return state_ == State::connected;
}

void Client::settle_publish(std::uint32_t qos, std::uint16_t packet_id, trellis_status status) {
  const Reason reason = reason_of(status);
  if (failed(reason)) shard_.metrics().publishes_refused[static_cast<std::uint8_t>(reason)].add(shard_.handle());
  // Also when one before it ended the connection: the session would take the next try for a repetition.
  if (qos == 2 && failed(reason)) incoming_->erase(packet_id);
  if (state_ != State::connected) return;
  if (qos == 0) {
    if (!failed(reason)) return;
    shard_.metrics().dropped_publications.add(shard_.handle());
    if (status == TRELLIS_TOO_LARGE) return end(Reason::packet_too_large, {});
    // Too busy is no fault of the client's, and QoS 0 promises nothing.
    if (reason != Reason::quota_exceeded) end(reason, {});
    return;
  }
  if (failed(reason) && !v5()) return end(reason, {});
  acknowledge(qos == 1 ? PacketType::puback : PacketType::pubrec, packet_id, reason,
              failed(reason) ? reason_text(reason) : std::string_view{});
}

}  // namespace trellis::mqtt

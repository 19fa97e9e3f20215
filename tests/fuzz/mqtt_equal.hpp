/// Comparing what the MQTT codec read twice, and writing the properties only clients send.
#pragma once

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "common/mqtt/packets.hpp"
#include "tests/wire.hpp"

namespace trellis::fuzz {

using UserProperties = std::vector<trellis_pair>;

inline bool equal(const UserProperties& left, const UserProperties& right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(), [](const auto& one, const auto& other) {
    return text(one.name) == text(other.name) && text(one.value) == text(other.value);
  });
}

inline bool equal(const mqtt::Properties& left, const mqtt::Properties& right) {
  const auto all = [](const mqtt::Properties& of) {
    return std::tie(of.present, of.payload_format, of.request_problem_information, of.request_response_information,
                    of.receive_maximum, of.topic_alias_maximum, of.topic_alias, of.message_expiry, of.session_expiry,
                    of.will_delay, of.subscription_identifier, of.maximum_packet_size, of.user_property_bytes,
                    of.user_property_count, of.content_type, of.response_topic, of.correlation_data,
                    of.authentication_method, of.authentication_data, of.reason_string);
  };
  return all(left) == all(right);
}

inline bool equal(const mqtt::ConnectPacket& left, const mqtt::ConnectPacket& right) {
  const auto all = [](const mqtt::ConnectPacket& of) {
    return std::tie(of.version, of.bridge, of.clean_start, of.has_will, of.has_username, of.has_password, of.keep_alive,
                    of.client_id, of.username, of.password, of.will.topic, of.will.payload, of.will.qos,
                    of.will.retain);
  };
  return all(left) == all(right) && equal(left.properties, right.properties) &&
         equal(left.will.properties, right.will.properties);
}

inline bool equal(const mqtt::PublishPacket& left, const mqtt::PublishPacket& right) {
  const auto all = [](const mqtt::PublishPacket& of) {
    return std::tie(of.topic, of.payload, of.packet_id, of.qos, of.retain, of.duplicate);
  };
  return all(left) == all(right);
}

inline bool equal(const std::vector<mqtt::SubscribeFilter>& left, const std::vector<mqtt::SubscribeFilter>& right) {
  const auto all = [](const mqtt::SubscribeFilter& of) {
    return std::tie(of.filter, of.qos, of.retain_handling, of.no_local, of.retain_as_published);
  };
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [&](const auto& one, const auto& other) { return all(one) == all(other); });
}

/// The block of a packet without its length, user properties last.
inline std::string property_block(const mqtt::Properties& from, const UserProperties& users) {
  using mqtt::Property;
  std::string out;
  const auto put = [&](Property property, const std::string& value) {
    if (from.has(property)) out += wire::bytes({static_cast<unsigned>(property)}) + value;
  };
  put(Property::payload_format, wire::bytes({from.payload_format}));
  put(Property::message_expiry, wire::u32(from.message_expiry));
  put(Property::content_type, wire::text(from.content_type));
  put(Property::response_topic, wire::text(from.response_topic));
  put(Property::correlation_data, wire::text(from.correlation_data));
  put(Property::subscription_identifier, wire::varint(from.subscription_identifier));
  put(Property::session_expiry, wire::u32(from.session_expiry));
  put(Property::authentication_method, wire::text(from.authentication_method));
  put(Property::authentication_data, wire::text(from.authentication_data));
  put(Property::request_problem_information, wire::bytes({from.request_problem_information ? 1U : 0U}));
  put(Property::will_delay, wire::u32(from.will_delay));
  put(Property::request_response_information, wire::bytes({from.request_response_information ? 1U : 0U}));
  put(Property::reason_string, wire::text(from.reason_string));
  put(Property::receive_maximum, wire::u16(from.receive_maximum));
  put(Property::topic_alias_maximum, wire::u16(from.topic_alias_maximum));
  put(Property::topic_alias, wire::u16(from.topic_alias));
  put(Property::maximum_packet_size, wire::u32(from.maximum_packet_size));
  for (const trellis_pair& user : users) out += wire::user_property(text(user.name), text(user.value));
  return out;
}

}  // namespace trellis::fuzz

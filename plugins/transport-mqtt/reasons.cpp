#include "reasons.hpp"

namespace trellis::mqtt {
namespace {

struct Entry {
  Reason reason;
  std::string_view name;
  std::string_view text;
};

constexpr Entry kEntries[] = {
    {Reason::success, "success", ""},
    {Reason::disconnect_with_will, "disconnect_with_will", ""},
    {Reason::unspecified, "unspecified", "the broker failed to do this"},
    {Reason::malformed, "malformed_packet", "the packet is malformed"},
    {Reason::protocol_error, "protocol_error", "the packet is not allowed here"},
    {Reason::implementation_specific, "implementation_specific", "this broker does not accept the packet"},
    {Reason::unsupported_version, "unsupported_version", "this version of MQTT is not accepted"},
    {Reason::client_id_not_valid, "client_id_not_valid", "the client identifier is not accepted"},
    {Reason::bad_credentials, "bad_credentials", "user name or password is wrong"},
    {Reason::not_authorized, "not_authorized", "the client may not do this"},
    {Reason::server_unavailable, "server_unavailable", "the broker cannot do this now; try again later"},
    {Reason::server_busy, "server_busy", "the broker cannot do this now; try again later"},
    {Reason::server_shutting_down, "server_shutting_down", "the broker shuts down"},
    {Reason::bad_authentication_method, "bad_authentication_method", "the authentication method is not known"},
    {Reason::keep_alive_timeout, "keep_alive_timeout", "nothing arrived within one and a half times the keep alive"},
    {Reason::session_taken_over, "session_taken_over", "another connection uses this client identifier now"},
    {Reason::topic_filter_invalid, "topic_filter_invalid", "the topic filter is not accepted"},
    {Reason::topic_name_invalid, "topic_name_invalid", "the topic name is not accepted"},
    {Reason::packet_id_in_use, "packet_id_in_use", "a QoS 2 message with this packet identifier is not released yet"},
    {Reason::packet_id_not_found, "packet_id_not_found", "nothing is in flight under this packet identifier"},
    {Reason::receive_maximum_exceeded, "receive_maximum_exceeded", "more messages in flight than Receive Maximum"},
    {Reason::topic_alias_invalid, "topic_alias_invalid", "the topic alias is 0 or above Topic Alias Maximum"},
    {Reason::packet_too_large, "packet_too_large", "the packet or message is larger than this broker accepts"},
    {Reason::message_rate_too_high, "message_rate_too_high", "more messages per second than this broker accepts"},
    {Reason::quota_exceeded, "quota_exceeded", "a limit of this broker is reached"},
    {Reason::administrative_action, "administrative_action", "an operator ended the session"},
    {Reason::payload_format_invalid, "payload_format_invalid", "the payload is marked as UTF-8 text and is none"},
    {Reason::retain_not_supported, "retain_not_supported", "retained messages are switched off"},
    {Reason::qos_not_supported, "qos_not_supported", "the QoS is above Maximum QoS"},
    {Reason::shared_not_supported, "shared_not_supported", "shared subscriptions are switched off"},
    {Reason::connection_rate_exceeded, "connection_rate_exceeded", "too many connects per second; try again later"},
    {Reason::identifiers_not_supported, "identifiers_not_supported", "subscription identifiers are switched off"},
    {Reason::wildcards_not_supported, "wildcards_not_supported", "wildcards in topic filters are switched off"},
};

const Entry* find(Reason reason) noexcept {
  for (const Entry& entry : kEntries) {
    if (entry.reason == reason) return &entry;
  }
  return nullptr;
}

}  // namespace

std::string_view reason_name(Reason reason) noexcept {
  const Entry* entry = find(reason);
  return entry == nullptr ? "other" : entry->name;
}

std::string_view reason_text(Reason reason) noexcept {
  const Entry* entry = find(reason);
  return entry == nullptr ? std::string_view{} : entry->text;
}

}  // namespace trellis::mqtt

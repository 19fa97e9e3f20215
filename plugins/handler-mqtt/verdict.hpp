// What reason codes mean for an event, or for all of a connection.
#pragma once

#include <cstdint>
#include <string_view>

#include "common/mqtt/protocol.hpp"
#include "common/verdict/verdict.hpp"

namespace mqtt_out {

/// Of CONNACK and DISCONNECT. Codes of MQTT 3 are turned into those of MQTT 5. text: the server's, may be empty.
common::Verdict judge_connection(std::uint8_t code, std::string_view text, std::string_view who);
std::uint8_t code_of_version_3(std::uint8_t code) noexcept;

/// Of PUBACK, PUBREC and PUBCOMP.
common::Verdict judge_publish(trellis::mqtt::Reason reason, std::string_view who);

}  // namespace mqtt_out

/// From MQTT 5 properties to the flags of a message, and flags in general.
#pragma once

#include <trellis/abi/message.h>

#include <cstdint>

#include "common/mqtt/properties.hpp"

namespace trellis::mqtt {

/// The bit where the condition holds.
constexpr std::uint32_t flag_if(bool condition, std::uint32_t bit) noexcept { return condition ? bit : 0; }

/// All flags but TRELLIS_MESSAGE_RETAIN.
inline std::uint32_t message_flags(const Properties& properties, bool zero_expiry_never) noexcept {
  std::uint32_t flags = 0;
  if (properties.has(Property::payload_format)) flags |= TRELLIS_MESSAGE_HAS_FORMAT;
  if (properties.payload_format == 1) flags |= TRELLIS_MESSAGE_TEXT;
  if (properties.has(Property::message_expiry) && (properties.message_expiry != 0 || !zero_expiry_never)) {
    flags |= TRELLIS_MESSAGE_HAS_EXPIRY;
  }
  if (properties.has(Property::content_type)) flags |= TRELLIS_MESSAGE_HAS_CONTENT_TYPE;
  if (properties.has(Property::response_topic)) flags |= TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC;
  if (properties.has(Property::correlation_data)) flags |= TRELLIS_MESSAGE_HAS_CORRELATION;
  return flags;
}

}  // namespace trellis::mqtt

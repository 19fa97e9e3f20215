/// The property block of MQTT 5 packets (2.2.2), as a server receives it.
#pragma once

#include <trellis/abi/base.h>

#include <cstdint>
#include <string_view>
#include <trellis/view.hpp>
#include <vector>

#include "common/mqtt/bytes.hpp"
#include "common/mqtt/fault.hpp"

namespace trellis::mqtt {

/// Where a property block stands: it decides which properties are allowed.
enum class PropertyContext : std::uint8_t {
  connect,
  will,
  publish,
  acknowledgement,
  subscribe,
  unsubscribe,
  disconnect,
  auth
};

/// The values of one block with the standard's defaults for what is absent. Views point into the packet.
struct Properties {
  std::uint64_t present = 0;  // bit n: the property with identifier n was there
  std::uint8_t payload_format = 0;
  bool request_problem_information = true;
  bool request_response_information = false;
  std::uint16_t receive_maximum = 65'535;
  std::uint16_t topic_alias_maximum = 0;
  std::uint16_t topic_alias = 0;
  std::uint32_t message_expiry = 0;
  std::uint32_t session_expiry = 0;
  std::uint32_t will_delay = 0;
  std::uint32_t subscription_identifier = 0;
  std::uint32_t maximum_packet_size = kMaxPacketBytes;
  std::uint32_t user_property_bytes = 0;
  std::uint32_t user_property_count = 0;
  std::string_view content_type{};
  std::string_view response_topic{};
  std::string_view correlation_data{};
  std::string_view authentication_method{};
  std::string_view authentication_data{};
  std::string_view reason_string{};

  bool has(Property property) const noexcept { return (present >> static_cast<unsigned>(property) & 1) != 0; }
};

/// Reads a property block with its length. User properties are appended to `users` in the order sent, or only counted
/// when it is null. `properties` must be fresh.
Fault read_properties(Reader& reader, PropertyContext context, Properties& properties,
                      std::vector<trellis_pair>* users);

}  // namespace trellis::mqtt

// MQTT 5 properties as a test writes and reads them: in wire order, repeats kept and nothing checked, so that a test
// can also build what the standard forbids.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trellis::testing {

enum class Prop : std::uint8_t {
  payload_format = 0x01,
  message_expiry = 0x02,
  content_type = 0x03,
  response_topic = 0x08,
  correlation_data = 0x09,
  subscription_id = 0x0B,
  session_expiry = 0x11,
  assigned_client_id = 0x12,
  server_keep_alive = 0x13,
  auth_method = 0x15,
  auth_data = 0x16,
  request_problem_info = 0x17,
  will_delay = 0x18,
  request_response_info = 0x19,
  response_info = 0x1A,
  server_reference = 0x1C,
  reason_string = 0x1F,
  receive_maximum = 0x21,
  topic_alias_maximum = 0x22,
  topic_alias = 0x23,
  maximum_qos = 0x24,
  retain_available = 0x25,
  user = 0x26,
  maximum_packet_size = 0x27,
  wildcard_available = 0x28,
  subscription_ids_available = 0x29,
  shared_available = 0x2A,
};

using UserProperty = std::pair<std::string, std::string>;

class Properties {
 public:
  /// Appends a number; its width on the wire follows from the property.
  Properties& add(Prop id, std::uint32_t value);
  /// Appends a string or binary value.
  Properties& add(Prop id, std::string_view value);
  Properties& user(std::string_view name, std::string_view value);
  /// Appends bytes as they are, for what is not a property at all.
  Properties& raw(std::string_view bytes);

  bool has(Prop id) const;
  /// The first value of that property; nothing when it is absent.
  std::optional<std::uint32_t> number(Prop id) const;
  std::optional<std::string> text(Prop id) const;
  std::vector<std::uint32_t> numbers(Prop id) const;
  std::vector<UserProperty> user_properties() const;
  std::vector<Prop> ids() const;

  /// Length and properties, as they stand in a packet.
  std::string encode() const;

  /// Reads the body of a property block. Throws std::runtime_error where a server sent nonsense.
  static Properties decode(std::string_view body);

 private:
  struct Entry {
    Prop id{};
    std::uint32_t number{};
    std::string text{};
    std::string value{};  // second half of a user property
  };
  std::vector<Entry> entries_;
  std::string bytes_;
};

/// Appends the integers and strings of MQTT's wire format.
void put_u16(std::string& out, std::uint32_t value);
void put_u32(std::string& out, std::uint32_t value);
void put_varint(std::string& out, std::uint32_t value);
void put_string(std::string& out, std::string_view value);

}  // namespace trellis::testing

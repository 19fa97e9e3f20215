#include "common/mqtt/properties.hpp"

#include "common/mqtt/text.hpp"

namespace trellis::mqtt {
namespace {

constexpr std::uint64_t mask() noexcept { return 0; }
template <class... More>
constexpr std::uint64_t mask(Property first, More... more) noexcept {
  return std::uint64_t{1} << static_cast<unsigned>(first) | mask(more...);
}

constexpr std::uint64_t kMessage = mask(Property::payload_format, Property::message_expiry, Property::content_type,
                                        Property::response_topic, Property::correlation_data, Property::user_property);

// Which properties a client may send where (2.2.2.2), in the order of PropertyContext.
constexpr std::uint64_t kAllowed[] = {
    mask(Property::session_expiry, Property::authentication_method, Property::authentication_data,
         Property::request_problem_information, Property::request_response_information, Property::receive_maximum,
         Property::topic_alias_maximum, Property::user_property, Property::maximum_packet_size),
    kMessage | mask(Property::will_delay),
    kMessage | mask(Property::topic_alias, Property::subscription_identifier),
    mask(Property::reason_string, Property::user_property),
    mask(Property::subscription_identifier, Property::user_property),
    mask(Property::user_property),
    mask(Property::session_expiry, Property::reason_string, Property::user_property),
    mask(Property::authentication_method, Property::authentication_data, Property::reason_string,
         Property::user_property),
};

constexpr Fault kTruncated{Reason::malformed, "a property ends behind the end of its packet"};

Fault read_text(Reader& reader, std::string_view& value) {
  value = reader.text();
  if (!reader.ok()) return kTruncated;
  if (!valid_text(value)) return {Reason::malformed, "a property is not valid UTF-8 text"};
  return {};
}

Fault read_bytes(Reader& reader, std::string_view& value) {
  value = reader.text();
  return reader.ok() ? Fault{} : kTruncated;
}

Fault read_flag(Reader& reader, bool& value) {
  const std::uint8_t byte = reader.u8();
  value = byte != 0;
  return byte > 1 ? Fault{Reason::protocol_error, "a property must be 0 or 1"} : Fault{};
}

Fault read_positive(std::uint32_t value) {
  return value == 0 ? Fault{Reason::protocol_error, "a property must not be 0"} : Fault{};
}

Fault read_user_property(Reader& reader, Properties& properties, std::vector<trellis_pair>* users) {
  std::string_view name;
  std::string_view value;
  if (const Fault fault = read_text(reader, name)) return fault;
  if (const Fault fault = read_text(reader, value)) return fault;
  properties.user_property_bytes += static_cast<std::uint32_t>(name.size() + value.size());
  ++properties.user_property_count;
  if (users != nullptr) users->push_back({view(name), view(value)});
  return {};
}

Fault read_response_topic(Reader& reader, std::string_view& value) {
  value = reader.text();
  if (!reader.ok()) return kTruncated;
  switch (check_topic_name(value)) {
    case TopicFault::none:
      return {};
    case TopicFault::not_text:
      return {Reason::malformed, "the response topic is not valid UTF-8 text"};
    case TopicFault::invalid:
      break;
  }
  return {Reason::protocol_error, "the response topic is no topic name"};
}

Fault read_format(Reader& reader, std::uint8_t& value) {
  value = reader.u8();
  return value > 1 ? Fault{Reason::protocol_error, "the payload format must be 0 or 1"} : Fault{};
}

Fault read_value(Reader& reader, Property id, Properties& out, std::vector<trellis_pair>* users) {
  switch (id) {
    case Property::payload_format:
      return read_format(reader, out.payload_format);
    case Property::message_expiry:
      out.message_expiry = reader.u32();
      return {};
    case Property::content_type:
      return read_text(reader, out.content_type);
    case Property::response_topic:
      return read_response_topic(reader, out.response_topic);
    case Property::correlation_data:
      return read_bytes(reader, out.correlation_data);
    case Property::subscription_identifier:
      out.subscription_identifier = reader.varint();
      return read_positive(out.subscription_identifier);
    case Property::session_expiry:
      out.session_expiry = reader.u32();
      return {};
    case Property::authentication_method:
      return read_text(reader, out.authentication_method);
    case Property::authentication_data:
      return read_bytes(reader, out.authentication_data);
    case Property::request_problem_information:
      return read_flag(reader, out.request_problem_information);
    case Property::will_delay:
      out.will_delay = reader.u32();
      return {};
    case Property::request_response_information:
      return read_flag(reader, out.request_response_information);
    case Property::reason_string:
      return read_text(reader, out.reason_string);
    case Property::receive_maximum:
      out.receive_maximum = reader.u16();
      return read_positive(out.receive_maximum);
    case Property::topic_alias_maximum:
      out.topic_alias_maximum = reader.u16();
      return {};
    case Property::topic_alias:
      out.topic_alias = reader.u16();
      return {};
    case Property::user_property:
      return read_user_property(reader, out, users);
    case Property::maximum_packet_size:
      out.maximum_packet_size = reader.u32();
      return read_positive(out.maximum_packet_size);
    default:
      return {Reason::malformed, "a property only servers send"};
  }
}

}  // namespace

Fault read_properties(Reader& reader, PropertyContext context, Properties& properties,
                      std::vector<trellis_pair>* users) {
  const std::uint32_t size = reader.varint();
  if (!reader.ok() || size > reader.left()) return {Reason::malformed, "the property length exceeds the packet"};
  if (size == 0) return {};
  Reader block(reader.position(), size);
  reader.bytes(size);
  while (!block.done()) {
    // Identifiers are variable byte integers in the standard, but none needs a second byte.
    const std::uint8_t number = block.u8();
    if (number >= 64 || (kAllowed[static_cast<unsigned>(context)] >> number & 1) == 0) {
      return {Reason::malformed, "a property is not allowed in this packet"};
    }
    const auto id = static_cast<Property>(number);
    if (id != Property::user_property && properties.has(id)) {
      return {Reason::protocol_error, "a property is there twice"};
    }
    properties.present |= std::uint64_t{1} << number;
    const Fault fault = read_value(block, id, properties, users);
    if (!block.ok()) return kTruncated;
    if (fault) return fault;
  }
  return {};
}

}  // namespace trellis::mqtt

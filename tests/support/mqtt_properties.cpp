// The wire form of MQTT 5 properties.
#include "support/mqtt_properties.hpp"

#include <algorithm>
#include <stdexcept>

#include "support/mqtt_reader.hpp"

namespace trellis::testing {
namespace {

enum class Form { byte, two_bytes, four_bytes, varint, text, pair };

Form form_of(Prop id) {
  switch (id) {
    case Prop::payload_format:
    case Prop::request_problem_info:
    case Prop::request_response_info:
    case Prop::maximum_qos:
    case Prop::retain_available:
    case Prop::wildcard_available:
    case Prop::subscription_ids_available:
    case Prop::shared_available:
      return Form::byte;
    case Prop::server_keep_alive:
    case Prop::receive_maximum:
    case Prop::topic_alias_maximum:
    case Prop::topic_alias:
      return Form::two_bytes;
    case Prop::message_expiry:
    case Prop::session_expiry:
    case Prop::will_delay:
    case Prop::maximum_packet_size:
      return Form::four_bytes;
    case Prop::subscription_id:
      return Form::varint;
    case Prop::content_type:
    case Prop::response_topic:
    case Prop::correlation_data:
    case Prop::assigned_client_id:
    case Prop::auth_method:
    case Prop::auth_data:
    case Prop::response_info:
    case Prop::server_reference:
    case Prop::reason_string:
      return Form::text;
    case Prop::user:
      return Form::pair;
  }
  throw std::runtime_error("the server sent property " + std::to_string(static_cast<int>(id)) +
                           ", which does not exist");
}

}  // namespace

void put_u16(std::string& out, std::uint32_t value) {
  out += static_cast<char>(value >> 8 & 0xFF);
  out += static_cast<char>(value & 0xFF);
}

void put_u32(std::string& out, std::uint32_t value) {
  put_u16(out, value >> 16);
  put_u16(out, value & 0xFFFF);
}

void put_varint(std::string& out, std::uint32_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(0x80 | (value & 0x7F));
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void put_string(std::string& out, std::string_view value) {
  put_u16(out, static_cast<std::uint32_t>(value.size()));
  out += value;
}

Properties& Properties::add(Prop id, std::uint32_t value) {
  entries_.push_back({.id = id, .number = value});
  bytes_ += static_cast<char>(id);
  switch (form_of(id)) {
    case Form::byte:
      bytes_ += static_cast<char>(value);
      break;
    case Form::two_bytes:
      put_u16(bytes_, value);
      break;
    case Form::four_bytes:
      put_u32(bytes_, value);
      break;
    case Form::varint:
      put_varint(bytes_, value);
      break;
    case Form::text:
    case Form::pair:
      throw std::logic_error("that property holds text");
  }
  return *this;
}

Properties& Properties::add(Prop id, std::string_view value) {
  if (form_of(id) != Form::text) throw std::logic_error("that property holds no text");
  entries_.push_back({.id = id, .text = std::string(value)});
  bytes_ += static_cast<char>(id);
  put_string(bytes_, value);
  return *this;
}

Properties& Properties::user(std::string_view name, std::string_view value) {
  entries_.push_back({.id = Prop::user, .text = std::string(name), .value = std::string(value)});
  bytes_ += static_cast<char>(Prop::user);
  put_string(bytes_, name);
  put_string(bytes_, value);
  return *this;
}

Properties& Properties::raw(std::string_view bytes) {
  bytes_ += bytes;
  return *this;
}

bool Properties::has(Prop id) const {
  return std::any_of(entries_.begin(), entries_.end(), [id](const Entry& entry) { return entry.id == id; });
}

std::optional<std::uint32_t> Properties::number(Prop id) const {
  const auto all = numbers(id);
  return all.empty() ? std::nullopt : std::optional(all.front());
}

std::optional<std::string> Properties::text(Prop id) const {
  for (const auto& entry : entries_)
    if (entry.id == id) return entry.text;
  return std::nullopt;
}

std::vector<std::uint32_t> Properties::numbers(Prop id) const {
  std::vector<std::uint32_t> found;
  for (const auto& entry : entries_)
    if (entry.id == id) found.push_back(entry.number);
  return found;
}

std::vector<UserProperty> Properties::user_properties() const {
  std::vector<UserProperty> found;
  for (const auto& entry : entries_)
    if (entry.id == Prop::user) found.emplace_back(entry.text, entry.value);
  return found;
}

std::vector<Prop> Properties::ids() const {
  std::vector<Prop> found;
  for (const auto& entry : entries_) found.push_back(entry.id);
  return found;
}

std::string Properties::encode() const {
  std::string out;
  put_varint(out, static_cast<std::uint32_t>(bytes_.size()));
  return out + bytes_;
}

Properties Properties::decode(std::string_view body) {
  Properties found;
  for (Reader in(body); !in.empty();) {
    const auto id = static_cast<Prop>(in.varint());
    switch (form_of(id)) {
      case Form::byte:
        found.add(id, in.u8());
        break;
      case Form::two_bytes:
        found.add(id, in.u16());
        break;
      case Form::four_bytes:
        found.add(id, in.u32());
        break;
      case Form::varint:
        found.add(id, in.varint());
        break;
      case Form::text:
        found.add(id, in.string());
        break;
      case Form::pair: {
        const auto name = in.string();
        found.user(name, in.string());
        break;
      }
    }
  }
  return found;
}

}  // namespace trellis::testing

#include "owned_message.hpp"

#include <trellis/topic.hpp>

#include "common/base64/base64.hpp"

namespace lua {
namespace {

using trellis::json::Type;
using trellis::json::Value;

std::string quoted(const std::optional<std::string>& text) { return text ? trellis::json::quote(*text) : "nothing"; }

/// expected may be null: nothing is there.
std::string text_difference(std::string_view field, const Value& expected, const std::optional<std::string>& found) {
  const bool right =
      expected.type == Type::null ? !found : expected.type == Type::text && found && *found == expected.text;
  if (right) return "";
  return std::string(field) + ": expected " + (expected.type == Type::null ? "nothing" : std::string(expected.source)) +
         ", found " + quoted(found);
}

std::string json_difference(const Value& expected, const std::string& payload) {
  const auto found = trellis::json::parse(payload);
  if (found && same_json(expected, *found)) return "";
  return "json: expected " + std::string(expected.source) + ", found payload " + trellis::json::quote(payload);
}

/// Of the attributes that are named.
std::string event_difference(const Value& expected, const std::string& event) {
  const auto found = trellis::json::parse(event);
  if (expected.type != Type::object || !found) return "event: expected an object in \"expect\"";
  for (std::size_t i = 0; i < expected.keys.size(); ++i) {
    const Value* const value = found->find(expected.keys[i]);
    const bool nothing = expected.items[i].type == Type::null;
    if (value == nullptr ? nothing : same_json(expected.items[i], *value)) continue;
    return "event/" + expected.keys[i] + ": expected " + (nothing ? "nothing" : std::string(expected.items[i].source)) +
           ", found " + (value == nullptr ? "nothing" : std::string(value->source));
  }
  return "";
}

trellis::Error wrong(std::string_view key, std::string_view expected) {
  return trellis::fail("message: \"" + std::string(key) + "\" is not " + std::string(expected));
}

using Optional = std::optional<std::string> OwnedMessage::*;
constexpr std::pair<std::string_view, Optional> kOptional[] = {{"content_type", &OwnedMessage::content_type},
                                                               {"response_topic", &OwnedMessage::response_topic},
                                                               {"correlation_data", &OwnedMessage::correlation_data}};
using Text = std::string OwnedMessage::*;
constexpr std::pair<std::string_view, Text> kTexts[] = {{"topic", &OwnedMessage::topic},
                                                        {"payload", &OwnedMessage::payload},
                                                        {"client_id", &OwnedMessage::client_id},
                                                        {"client_name", &OwnedMessage::client_name},
                                                        {"namespace", &OwnedMessage::name_space}};

trellis::Result<void> read_field(OwnedMessage& out, const std::string& key, const Value& value) {
  for (const auto& [name, member] : kTexts) {
    if (key != name) continue;
    if (value.type != Type::text) return wrong(key, "a text");
    out.*member = value.text;
    return trellis::ok();
  }
  for (const auto& [name, member] : kOptional) {
    if (key != name) continue;
    if (value.type != Type::text) return wrong(key, "a text");
    out.*member = value.text;
    return trellis::ok();
  }
  if (key == "json") {
    out.payload = value.source;
  } else if (key == "payload_base64") {
    auto bytes = value.type == Type::text ? common::from_base64(value.text) : std::nullopt;
    if (!bytes) return wrong(key, "bytes in base64");
    out.payload = std::move(*bytes);
  } else if (key == "qos") {
    if (value.type != Type::integer || value.integer < 0 || value.integer > 2) return wrong(key, "0, 1 or 2");
    out.qos = static_cast<unsigned>(value.integer);
  } else if (key == "retain") {
    if (value.type != Type::boolean) return wrong(key, "true or false");
    out.retain = value.boolean;
  } else if (key == "expiry") {
    if (value.type != Type::integer || value.integer < 0) return wrong(key, "a whole number of seconds");
    out.expiry_s = value.integer;
  } else if (key == "user_properties") {
    if (value.type != Type::object) return wrong(key, "an object of texts");
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      if (value.items[i].type != Type::text) return wrong(key, "an object of texts");
      out.user_properties.emplace_back(value.keys[i], value.items[i].text);
    }
  } else {
    return trellis::fail("message: there is no field \"" + key + "\"");
  }
  return trellis::ok();
}

}  // namespace

bool same_json(const Value& a, const Value& b) {
  const bool numbers =
      (a.type == Type::integer || a.type == Type::number) && (b.type == Type::integer || b.type == Type::number);
  if (numbers) return a.number == b.number;
  if (a.type != b.type || a.text != b.text || a.boolean != b.boolean || a.items.size() != b.items.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    const Value* other = a.type == Type::object ? b.find(a.keys[i]) : &b.items[i];
    if (other == nullptr || !same_json(a.items[i], *other)) return false;
  }
  return true;
}

trellis::Result<OwnedMessage> OwnedMessage::read(const Value& value) {
  if (value.type != Type::object) return trellis::fail("message: expected an object");
  OwnedMessage out;
  for (std::size_t i = 0; i < value.keys.size(); ++i) {
    if (auto read = read_field(out, value.keys[i], value.items[i]); !read) return read.error();
  }
  if (!trellis::valid_topic_name(out.topic)) return wrong("topic", "a topic name");
  return out;
}

OwnedMessage OwnedMessage::of(trellis::Publication publication) {
  const trellis_publication& raw = *publication.get();
  const auto text = [&](trellis_view view, std::uint32_t flag) -> std::optional<std::string> {
    if ((raw.flags & flag) == 0) return std::nullopt;
    return std::string(trellis::text(view));
  };
  OwnedMessage out;
  out.topic = trellis::text(raw.topic);
  out.payload = trellis::text(raw.payload);
  out.qos = raw.qos;
  out.retain = (raw.flags & TRELLIS_MESSAGE_RETAIN) != 0;
  out.content_type = text(raw.content_type, TRELLIS_MESSAGE_HAS_CONTENT_TYPE);
  out.response_topic = text(raw.response_topic, TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC);
  out.correlation_data = text(raw.correlation_data, TRELLIS_MESSAGE_HAS_CORRELATION);
  if ((raw.flags & TRELLIS_MESSAGE_HAS_EXPIRY) != 0) out.expiry_s = raw.expiry_s;
  for (std::uint32_t i = 0; i < raw.user_property_count; ++i)
    out.user_properties.emplace_back(trellis::text(raw.user_properties[i].name),
                                     trellis::text(raw.user_properties[i].value));
  return out;
}

trellis::Publication OwnedMessage::publication() const {
  trellis::Publication out(topic, payload);
  out.qos(qos).retain(retain);
  if (content_type) out.content_type(*content_type);
  if (response_topic) out.response_topic(*response_topic);
  if (correlation_data) out.correlation_data(*correlation_data);
  if (expiry_s) out.expires_after(std::chrono::seconds(*expiry_s));
  for (const auto& [name, value] : user_properties) out.user_property(name, value);
  return out;
}

std::string OwnedMessage::json() const {
  if (!event_topic.empty())
    return "{\"event_topic\": " + trellis::json::quote(event_topic) + ", \"event\": " + payload + "}";
  const bool text = trellis::valid_utf8(payload);
  std::string out = "{\"topic\": " + trellis::json::quote(topic) +
                    (text ? ", \"payload\": " : ", \"payload_base64\": ") +
                    trellis::json::quote(text ? payload : common::to_base64(payload));
  if (qos != 0) out += ", \"qos\": " + std::to_string(qos);
  if (retain) out += ", \"retain\": true";
  for (const auto& [name, member] : kOptional) {
    if (this->*member) out += ", \"" + std::string(name) + "\": " + trellis::json::quote(*(this->*member));
  }
  if (expiry_s) out += ", \"expiry\": " + std::to_string(*expiry_s);
  if (!user_properties.empty()) {
    std::string inside;
    for (const auto& [name, value] : user_properties)
      inside += (inside.empty() ? "" : ", ") + trellis::json::quote(name) + ": " + trellis::json::quote(value);
    out += ", \"user_properties\": {" + inside + "}";
  }
  return out + "}";
}

std::string OwnedMessage::property_difference(const Value& expected) const {
  if (expected.type != Type::object) return "user_properties: expected an object in \"expect\"";
  for (std::size_t i = 0; i < expected.keys.size(); ++i) {
    std::optional<std::string> found;
    for (const auto& [name, text] : user_properties) {
      if (name == expected.keys[i] && !found) found = text;
    }
    const std::string wrong = text_difference("user_properties/" + expected.keys[i], expected.items[i], found);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

std::string OwnedMessage::field_difference(const std::string& key, const Value& expected) const {
  const auto differs = [&](bool right, const std::string& found) {
    return right ? "" : key + ": expected " + std::string(expected.source) + ", found " + found;
  };
  if (key == "event_topic") {
    return text_difference(key, expected, event_topic.empty() ? std::nullopt : std::optional(event_topic));
  }
  if (key == "event")
    return event_topic.empty() ? "event: expected an event, found a message" : event_difference(expected, payload);
  if (key == "topic") return text_difference(key, expected, topic);
  if (key == "payload") return text_difference(key, expected, payload);
  if (key == "json") return json_difference(expected, payload);
  if (key == "qos") return differs(expected.type == Type::integer && expected.integer == qos, std::to_string(qos));
  if (key == "retain")
    return differs(expected.type == Type::boolean && expected.boolean == retain, retain ? "true" : "false");
  if (key == "expiry") {
    const bool right =
        expected.type == Type::null ? !expiry_s : expected.type == Type::integer && expiry_s == expected.integer;
    return differs(right, expiry_s ? std::to_string(*expiry_s) : "nothing");
  }
  if (key == "user_properties") return property_difference(expected);
  for (const auto& [name, member] : kOptional) {
    if (key == name) return text_difference(key, expected, this->*member);
  }
  return "a message has no field \"" + key + "\"";
}

std::string OwnedMessage::difference(const Value& expected) const {
  if (expected.type == Type::text) return text_difference("topic", expected, topic);
  if (expected.type != Type::object) return "expected a message, or a topic, in \"expect\"";
  for (std::size_t i = 0; i < expected.keys.size(); ++i) {
    const std::string wrong = field_difference(expected.keys[i], expected.items[i]);
    if (!wrong.empty()) return wrong;
  }
  return "";
}

OwnedMessage::Raw::Raw(const OwnedMessage& from, std::int64_t now_ms) {
  for (const auto& [name, value] : from.user_properties) pairs_.push_back({trellis::view(name), trellis::view(value)});
  const auto set = [&](const std::optional<std::string>& text, trellis_view& view, std::uint32_t flag) {
    if (!text) return;
    view = trellis::view(*text);
    raw_.flags |= flag;
  };
  raw_.struct_size = sizeof raw_;
  raw_.topic = trellis::view(from.topic);
  raw_.payload = trellis::view(from.payload);
  raw_.qos = from.qos;
  if (from.retain) raw_.flags |= TRELLIS_MESSAGE_RETAIN;
  set(from.content_type, raw_.content_type, TRELLIS_MESSAGE_HAS_CONTENT_TYPE);
  set(from.response_topic, raw_.response_topic, TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC);
  set(from.correlation_data, raw_.correlation_data, TRELLIS_MESSAGE_HAS_CORRELATION);
  raw_.published_at_ms = now_ms;
  if (from.expiry_s) {
    raw_.flags |= TRELLIS_MESSAGE_HAS_EXPIRY;
    raw_.expires_at_ms = now_ms + *from.expiry_s * 1000;
  }
  raw_.user_properties = pairs_.data();
  raw_.user_property_count = static_cast<std::uint32_t>(pairs_.size());
  raw_.publisher = trellis::view(from.client_id);
  raw_.publisher_identity = trellis::view(from.client_name);
}

}  // namespace lua

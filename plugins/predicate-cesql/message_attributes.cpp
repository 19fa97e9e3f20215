#include "message_attributes.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace cesql {
namespace {

namespace json = simdjson::ondemand;

/// Texts of attributes are not longer than those of MQTT.
constexpr std::size_t kMostBytes = 65535;
constexpr std::size_t kMostMembers = 64;

/// Of a structured event. One per thread: it keeps its memory from message to message.
struct Structured {
  struct Member {
    std::string_view name;
    Value value;
  };

  json::parser parser;
  std::string copy;  // the parser reads beyond the end of the text
  std::array<Member, kMostMembers> members;
  std::size_t count = 0;

  bool read(std::string_view payload);
  bool add(json::field& field);
};

Structured& structured() {
  thread_local Structured of_thread;
  return of_thread;
}

std::optional<Value> convert(json::value& value) {
  json::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return std::nullopt;
  if (type == json::json_type::string) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS || text.size() > kMostBytes) return std::nullopt;
    return Value::of(text);
  }
  if (type == json::json_type::boolean) {
    bool truth = false;
    if (value.get_bool().get(truth) != simdjson::SUCCESS) return std::nullopt;
    return Value::of(truth);
  }
  if (type != json::json_type::number) return std::nullopt;  // null means that there is none
  std::string_view token = value.raw_json_token();
  token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
  std::int32_t number = 0;
  const auto [end, problem] = std::from_chars(token.data(), token.data() + token.size(), number);
  // What is no Integer is represented as a String (3.2).
  if (problem == std::errc() && end == token.data() + token.size()) return Value::of(number);
  return token.size() > kMostBytes ? std::nullopt : std::optional(Value::of(token));
}

bool Structured::add(json::field& field) {
  std::string_view name;
  if (field.unescaped_key().get(name) != simdjson::SUCCESS) return false;
  if (name == "data" || name == "data_base64") return true;
  const auto value = convert(field.value());
  if (!value) return true;
  if (count == kMostMembers) return false;
  members[count++] = {name, *value};
  return true;
}

bool Structured::read(std::string_view payload) {
  count = 0;
  copy.assign(payload);
  copy.append(simdjson::SIMDJSON_PADDING, '\0');
  json::document document;
  json::object object;
  if (parser.iterate(copy.data(), payload.size(), copy.size()).get(document) != simdjson::SUCCESS) return false;
  if (document.get_object().get(object) != simdjson::SUCCESS) return false;
  for (auto result : object) {
    json::field field;
    if (std::move(result).get(field) != simdjson::SUCCESS || !add(field)) return false;
  }
  return document.current_location().error() == simdjson::OUT_OF_BOUNDS;  // nothing follows
}

bool is_structured(std::string_view content_type) noexcept {
  constexpr std::string_view kType = "application/cloudevents+json";
  const auto same = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + 32 == b); };
  if (content_type.size() < kType.size()) return false;
  if (!std::equal(kType.begin(), kType.end(), content_type.begin(), [&](char a, char b) { return same(b, a); })) {
    return false;
  }
  const std::string_view rest = content_type.substr(kType.size());
  return rest.empty() || rest[0] == ';' || rest[0] == ' ';
}

}  // namespace

std::optional<Value> MessageAttributes::look(std::string_view name) const noexcept {
  if (mode_ == Mode::structured) {
    const Structured& event = structured();
    for (std::size_t i = 0; i < event.count; ++i) {
      if (event.members[i].name == name) return event.members[i].value;
    }
    return std::nullopt;
  }
  if (name == "datacontenttype") {
    if (!message_.has(TRELLIS_MESSAGE_HAS_CONTENT_TYPE)) return std::nullopt;
    return Value::of(message_.content_type());
  }
  if (name == "data") return std::nullopt;
  for (const auto& [key, value] : message_.user_properties()) {
    if (key == name) return Value::of(value);
  }
  return std::nullopt;
}

bool MessageAttributes::complete() const noexcept {
  const auto text = [&](std::string_view name) {
    const auto found = look(name);
    return found && found->type == Type::text ? found->text : std::string_view();
  };
  return text("specversion") == "1.0" && !text("id").empty() && !text("source").empty() && !text("type").empty();
}

MessageAttributes::Mode MessageAttributes::read() noexcept {
  mode_ = Mode::binary;
  if (is_structured(message_.content_type())) {
    if (message_.payload().size() > event_bytes_) return Mode::none;
    try {
      if (!structured().read(message_.payload())) return Mode::none;
    } catch (const std::bad_alloc&) {
      return Mode::none;
    }
    mode_ = Mode::structured;
  }
  return complete() ? mode_ : Mode::none;
}

std::optional<Value> MessageAttributes::find(std::string_view name) noexcept {
  if (mode_ == Mode::unread) mode_ = read();
  return mode_ == Mode::none ? std::nullopt : look(name);
}

}  // namespace cesql

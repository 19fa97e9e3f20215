#include "structured_event.hpp"

#include <simdjson.h>

#include <charconv>
#include <string>
#include <utility>

namespace cesql {
namespace {

namespace json = simdjson::ondemand;

/// Texts of attributes are not longer than those of MQTT.
constexpr std::size_t kMostBytes = 65535;

/// A number that is no Integer is represented as a String (3.2).
bool read_number(json::value& value, std::optional<Value>& out) {
  std::string_view token = value.raw_json_token();
  token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
  double checked = 0;
  if (value.get_double().get(checked) != simdjson::SUCCESS) return false;
  std::int32_t number = 0;
  const auto [end, problem] = std::from_chars(token.data(), token.data() + token.size(), number);
  const bool integer = problem == std::errc() && end == token.data() + token.size();
  if (integer) out = Value::of(number);
  if (!integer && token.size() <= kMostBytes) out = Value::of(token);
  return true;
}

/// False where it is not JSON. Nothing for what is no attribute: null, lists, objects, and texts beyond the limit.
bool read(json::value& value, std::optional<Value>& out) {
  json::json_type type{};
  if (value.type().get(type) != simdjson::SUCCESS) return false;
  if (type == json::json_type::number) return read_number(value, out);
  if (type == json::json_type::null) {
    bool null = false;
    return value.is_null().get(null) == simdjson::SUCCESS && null;
  }
  if (type == json::json_type::boolean) {
    bool truth = false;
    if (value.get_bool().get(truth) != simdjson::SUCCESS) return false;
    out = Value::of(truth);
  }
  if (type == json::json_type::string) {
    std::string_view text;
    if (value.get_string().get(text) != simdjson::SUCCESS) return false;
    if (text.size() <= kMostBytes) out = Value::of(text);
  }
  return true;
}

bool keep(json::field& field, StructuredEvent& event) {
  std::string_view name;
  if (field.unescaped_key().get(name) != simdjson::SUCCESS) return false;
  if (name == "data" || name == "data_base64") return true;
  std::optional<Value> value;
  return read(field.value(), value) && (!value || event.add(name, *value));
}

}  // namespace

const StructuredEvent* StructuredEvent::read(std::string_view text) {
  thread_local json::parser parser;
  thread_local std::string copy;  // the parser reads beyond the end of the text
  thread_local StructuredEvent event;
  event.count_ = 0;
  copy.assign(text);
  copy.append(simdjson::SIMDJSON_PADDING, '\0');
  json::document document;
  json::object object;
  if (parser.iterate(copy.data(), text.size(), copy.size()).get(document) != simdjson::SUCCESS) return nullptr;
  if (document.get_object().get(object) != simdjson::SUCCESS) return nullptr;
  for (auto result : object) {
    json::field field;
    if (std::move(result).get(field) != simdjson::SUCCESS || !keep(field, event)) return nullptr;
  }
  const bool ends = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  return ends ? &event : nullptr;
}

}  // namespace cesql

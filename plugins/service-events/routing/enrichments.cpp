#include "enrichments.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <trellis/json.hpp>
#include <trellis/view.hpp>
#include <utility>

#include "common/base64/base64.hpp"
#include "common/events/rules.hpp"
#include "common/events/text.hpp"

namespace events_service {
namespace {

using trellis::Config;

constexpr std::size_t kMost = 20;
constexpr std::size_t kLongestKey = 20;
constexpr std::size_t kLongestValue = 128;
constexpr std::array<std::string_view, 10> kOwn{
    "specversion", "id", "time", "type", "source", "subject", "data", "datacontenttype", "dataschema", "data_base64"};

trellis::Error at(const std::string& place, const std::string& sentence) {
  return trellis::fail(place + ": " + sentence);
}

// As an attribute: what it may not have, controls for example, is left out.
std::string json_text(std::string_view text) {
  std::string kept;
  for (std::size_t at = 0; at < text.size();) {
    char32_t code = 0;
    const std::size_t size = std::max<std::size_t>(events::decode_utf8(text, at, code), 1);
    if (events::is_attribute_text(text.substr(at, size))) kept.append(text.substr(at, size));
    at += size;
  }
  std::string out;
  events::append_json_text(out, kept);
  return out;
}

bool is_key(std::string_view key) noexcept {
  return !key.empty() && key.size() <= kLongestKey && !key.starts_with("azsp") &&
         std::ranges::find(kOwn, key) == kOwn.end() &&
         std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
}

// "name" of ".name" or "['na\'me']"; nothing where it is neither.
std::optional<std::string> name_behind(std::string_view rest) {
  if (rest.starts_with('.') && rest.size() > 1) return std::string(rest.substr(1));
  if (!rest.starts_with("['") || !rest.ends_with("']") || rest.size() < 5) return std::nullopt;
  std::string out;
  const std::string_view inside = rest.substr(2, rest.size() - 4);
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\'') return std::nullopt;
    if (inside[i] == '\\' && ++i == inside.size()) return std::nullopt;
    out += inside[i];
  }
  return out;
}

// Those of that name, with commas between.
std::string user_property(const trellis_message& message, std::string_view name) {
  std::string out;
  bool first = true;
  for (std::uint32_t i = 0; i < message.user_property_count; ++i) {
    if (trellis::text(message.user_properties[i].name) != name) continue;
    if (!std::exchange(first, false)) out += ',';
    out += trellis::text(message.user_properties[i].value);
  }
  return out;
}

// An attribute that is a list has its values joined, others stay as they are: but for what no attribute of an event may
// be, such as a number beyond 32 bits, which is a text then.
std::string attribute_value(const std::string& json) {
  const auto parsed = trellis::Config::parse("{\"value\":" + (json.empty() ? "\"\"" : json) + "}");
  if (!parsed) return "\"\"";
  const auto found = parsed->find("value");
  const auto type = found->type();
  if (type == trellis::json::Type::null) return "\"\"";
  if (type == trellis::json::Type::text) return json_text(found->as_text());
  const bool fits = type == trellis::json::Type::boolean || events::is_integer(found->json());
  if (fits) return std::string(found->json());
  if (type != trellis::json::Type::list) return json_text(found->json());
  std::string out;
  bool first = true;
  for (const Config& one : found->items()) {
    if (!std::exchange(first, false)) out += ',';
    out += one.type() == trellis::json::Type::text ? one.as_text() : std::string(one.json());
  }
  return json_text(out);
}

}  // namespace

trellis::Result<Enrichments> Enrichments::read(const Config& enrichments) {
  Enrichments out;
  if (enrichments.contains("static")) {
    for (const Config& item : enrichments.list("static")) {
      One one{.key = {}, .kind = Kind::fixed, .text = item.text("value")};
      if (const std::string type = item.text("valueType"); type != "String" && type != "string")
        return at(item.path() + "/valueType", "expected String, found " + trellis::json::quote(type));
      if (auto added = out.add(item, std::move(one)); !added) return added.error();
    }
  }
  if (enrichments.contains("dynamic")) {
    for (const Config& item : enrichments.list("dynamic")) {
      auto one = dynamic(item);
      if (!one) return one.error();
      if (auto added = out.add(item, std::move(one).value()); !added) return added.error();
    }
  }
  for (const One& one : out.all_) out.keys_.emplace_back(one.key);
  return out;
}

trellis::Result<void> Enrichments::add(const Config& item, One one) {
  one.key = item.text("key");
  if (!is_key(one.key))
    return at(item.path() + "/key",
              "expected 1 to 20 small letters and digits, none of CloudEvents' own attributes and not beginning with "
              "azsp, found " +
                  trellis::json::quote(one.key));
  if (item.text("value").size() > kLongestValue)
    return at(item.path() + "/value", "expected at most 128 bytes, found " + std::to_string(item.text("value").size()));
  if (one.kind == Kind::fixed && !events::is_attribute_text(one.text))
    return at(item.path() + "/value", "expected text without control characters");
  if (std::ranges::find(all_, one.key, &One::key) != all_.end())
    return at(item.path() + "/key", trellis::json::quote(one.key) + " is there twice");
  if (all_.size() >= kMost) return at(item.path(), "more than 20 enrichments");
  all_.reserve(kMost);  // keys_ has views of it
  all_.push_back(std::move(one));
  return trellis::ok();
}

trellis::Result<Enrichments::One> Enrichments::dynamic(const Config& item) {
  static constexpr std::array<std::pair<std::string_view, Kind>, 10> kPlain{
      {{"client.authenticationName", Kind::authentication_name},
       {"client.sessionName", Kind::session_name},
       {"mqtt.message.topicName", Kind::topic},
       {"mqtt.message.responseTopic", Kind::response_topic},
       {"mqtt.message.correlationData", Kind::correlation_data},
       {"mqtt.message.pfi", Kind::payload_format},
       {"mqtt.message.qos", Kind::qos},
       {"mqtt.message.retain", Kind::retain},
       {"mqtt.message.contentType", Kind::content_type},
       {"namespace", Kind::name_space}}};
  const std::string text = item.text("value");
  const auto refused = [&] {
    return at(item.path() + "/value",
              "expected one expression as ${mqtt.message.topicName}, found " + trellis::json::quote(text));
  };
  if (!text.starts_with("${") || !text.ends_with('}') || text.size() < 4) return refused();
  const std::string_view inside = std::string_view(text).substr(2, text.size() - 3);
  for (const auto& [name, kind] : kPlain) {
    if (inside == name) return One{.key = {}, .kind = kind, .text = {}};
  }
  for (const auto& [begin, kind] : {std::pair(std::string_view("client.attributes"), Kind::attribute),
                                    std::pair(std::string_view("mqtt.message.userProperties"), Kind::user_property)}) {
    if (!inside.starts_with(begin)) continue;
    if (auto name = name_behind(inside.substr(begin.size())))
      return One{.key = {}, .kind = kind, .text = std::move(*name)};
  }
  return refused();
}

std::string Enrichments::value(const One& one, const EnrichmentFacts& facts) {
  const trellis_message& message = facts.message;
  switch (one.kind) {
    case Kind::fixed:
      return json_text(one.text);
    case Kind::authentication_name:
      return json_text(trellis::text(message.publisher_identity));
    case Kind::session_name:
      return json_text(trellis::text(message.publisher));
    case Kind::attribute:
      return attribute_value(facts.attribute(one.text));
    case Kind::user_property:
      return json_text(user_property(message, one.text));
    case Kind::topic:
      return json_text(trellis::text(message.topic));
    case Kind::response_topic:
      return json_text(trellis::text(message.response_topic));
    case Kind::correlation_data:
      return json_text(common::to_base64(trellis::text(message.correlation_data)));
    case Kind::payload_format:
      return (message.flags & TRELLIS_MESSAGE_TEXT) != 0 ? "1" : "0";
    case Kind::qos:
      return std::to_string(message.qos);
    case Kind::retain:
      return (message.flags & TRELLIS_MESSAGE_RETAIN) != 0 ? "1" : "0";
    case Kind::content_type:
      return json_text(trellis::text(message.content_type));
    case Kind::name_space:
      return json_text(facts.name_space);
  }
  return "\"\"";
}

std::string Enrichments::members(const EnrichmentFacts& facts) const {
  std::string out;
  for (const One& one : all_) {
    if (!out.empty()) out += ',';
    out.append("\"").append(one.key).append("\":").append(value(one, facts));
  }
  return out;
}

}  // namespace events_service

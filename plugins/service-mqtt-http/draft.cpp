#include "draft.hpp"

#include <algorithm>
#include <trellis/json.hpp>
#include <trellis/topic.hpp>

#include "common/base64/base64.hpp"
#include "common/http/target.hpp"
#include "message_fields.hpp"

namespace mqtt_http {
namespace {

using trellis::json::Type;
using trellis::json::Value;

/// The one header of that name; a problem where it is there twice.
std::optional<Problem> one_header(trellis::Pairs headers, std::string_view name,
                                  std::optional<std::string_view>& value) {
  for (const trellis::Pair header : headers) {
    if (header.name != name) continue;
    if (value) return bad_request("the header is there twice", std::string(name));
    value = header.value;
  }
  return std::nullopt;
}

/// From the query, or from the header where it is not there.
std::optional<Problem> bit(trellis::Pairs headers, const Query& query, std::string_view parameter,
                           std::string_view header, std::uint32_t& out) {
  if (const auto value = query.find(parameter)) return zero_or_one(*value, std::string(parameter), out);
  std::optional<std::string_view> value;
  if (auto problem = one_header(headers, header, value)) return problem;
  return value ? zero_or_one(*value, std::string(header), out) : std::nullopt;
}

std::optional<Problem> check_property(std::string_view value, std::size_t most, std::string_view name, bool is_text) {
  if (value.size() > most)
    return Problem{413,
                   "has " + std::to_string(value.size()) + " bytes, at most " + std::to_string(most) + " are taken",
                   std::string(name)};
  if (is_text && !trellis::valid_text(value)) return bad_request("expected UTF-8 text", std::string(name));
  return std::nullopt;
}

}  // namespace

// ---- what one field says

std::optional<Problem> zero_or_one(std::string_view text, std::string target, std::uint32_t& out) {
  if (text != "0" && text != "1")
    return bad_request("found " + in_quotes(text) + ", expected 0 or 1", std::move(target));
  out = text == "1" ? 1 : 0;
  return std::nullopt;
}

std::optional<Problem> read_expiry(std::string_view text, std::string target, Draft& draft) {
  const auto seconds = read_number(text);
  if (!seconds || *seconds > UINT32_MAX)
    return bad_request("found " + in_quotes(text) + ", expected whole seconds from 0 to 4294967295", std::move(target));
  draft.expiry_s = static_cast<std::uint32_t>(*seconds);
  draft.flags |= TRELLIS_MESSAGE_HAS_EXPIRY;
  return std::nullopt;
}

std::optional<Problem> read_format(std::string_view text, std::string target, Draft& draft) {
  std::uint32_t text_like = 0;
  if (auto problem = zero_or_one(text, std::move(target), text_like)) return problem;
  draft.flags |= TRELLIS_MESSAGE_HAS_FORMAT;
  if (text_like == 1) draft.flags |= TRELLIS_MESSAGE_TEXT;
  return std::nullopt;
}

std::optional<Problem> read_correlation(std::string_view text, std::string target, Draft& draft) {
  auto bytes = common::from_base64(text);
  if (!bytes) return bad_request("found " + in_quotes(text) + ", expected base64", std::move(target));
  draft.correlation_data = std::move(*bytes);
  draft.flags |= TRELLIS_MESSAGE_HAS_CORRELATION;
  return std::nullopt;
}

std::optional<Problem> read_pairs(const Value& list, const MessageLimits& limits, Draft& draft) {
  const auto expected = [] {
    return bad_request(R"(expected a list of objects with one text each, [{"a": "1"}, {"b": "2"}])",
                       "mqtt-user-properties");
  };
  std::size_t bytes = 0;
  if (list.type != Type::list) return expected();
  for (const Value& item : list.items) {
    if (item.type != Type::object || item.items.size() != 1 || item.items[0].type != Type::text) return expected();
    bytes += item.keys[0].size() + item.items[0].text.size();
    if (bytes > limits.user_property_bytes)
      return Problem{413, "the user properties have more than " + std::to_string(limits.user_property_bytes) + " bytes",
                     "mqtt-user-properties"};
    draft.user_properties.emplace_back(item.keys[0], item.items[0].text);
  }
  return std::nullopt;
}

trellis_publication Draft::publication() {
  pairs.clear();
  for (const auto& [name, value] : user_properties) pairs.push_back({trellis::view(name), trellis::view(value)});
  trellis_publication made{};
  made.struct_size = sizeof made;
  made.flags = flags;
  made.topic = trellis::view(topic);
  made.payload = trellis::view(payload);
  made.content_type = trellis::view(content_type);
  made.response_topic = trellis::view(response_topic);
  made.correlation_data = trellis::view(correlation_data);
  made.user_properties = pairs.data();
  made.user_property_count = static_cast<std::uint32_t>(pairs.size());
  made.qos = qos;
  made.expiry_s = expiry_s;
  return made;
}

std::optional<Problem> read_user_properties(std::string_view text, const MessageLimits& limits, Draft& draft) {
  std::optional<std::string> plain;
  if (text.starts_with('[')) {
    plain = std::string(text);
  } else {
    plain = common::from_base64(text);
  }
  if (!plain) return bad_request("expected base64 of a JSON list, or the list itself", "mqtt-user-properties");
  // What is escaped may have six letters for one byte.
  if (plain->size() > 16 * limits.user_property_bytes + 1024)
    return Problem{413, "the user properties are too long", "mqtt-user-properties"};
  const auto list = trellis::json::parse(*plain);
  if (!list) return bad_request(list.error().text, "mqtt-user-properties");
  return read_pairs(*list, limits, draft);
}

std::optional<Problem> read_message(trellis::Pairs headers, std::string_view body, const Query& query,
                                    const MessageLimits& limits, Draft& draft) {
  const auto topic = query.find("topic");
  if (!topic) return bad_request("the query parameter is missing: /messages?topic=<topic>", "topic");
  draft.topic = *topic;
  std::uint32_t retain = 0;
  if (auto problem = bit(headers, query, "qos", "mqtt-qos", draft.qos)) return problem;
  if (auto problem = bit(headers, query, "retain", "mqtt-retain", retain)) return problem;
  if (retain == 1) draft.flags |= TRELLIS_MESSAGE_RETAIN;

  static constexpr std::string_view kNames[] = {"mqtt-response-topic",  "mqtt-correlation-data",
                                                "mqtt-user-properties", "content-type",
                                                "mqtt-message-expiry",  "mqtt-payload-format-indicator"};
  std::optional<std::string_view> values[std::size(kNames)];
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (auto problem = one_header(headers, kNames[i], values[i])) return problem;
  }
  if (values[0]) {
    auto decoded = trellis::http::percent_decode(*values[0]);
    if (!decoded) return bad_request("expected a percent-encoded topic", std::string(kNames[0]));
    draft.response_topic = std::move(*decoded);
    draft.flags |= TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC;
  }
  if (values[1]) {
    if (auto problem = read_correlation(*values[1], std::string(kNames[1]), draft)) return problem;
  }
  if (values[2]) {
    if (auto problem = read_user_properties(*values[2], limits, draft)) return problem;
  }
  if (values[3]) {
    draft.content_type = *values[3];
    draft.flags |= TRELLIS_MESSAGE_HAS_CONTENT_TYPE;
  }
  if (values[4]) {
    if (auto problem = read_expiry(*values[4], std::string(kNames[4]), draft)) return problem;
  }
  if (values[5]) {
    if (auto problem = read_format(*values[5], std::string(kNames[5]), draft)) return problem;
  }
  draft.payload = body;
  return check(draft, limits);
}

std::optional<Problem> check(const Draft& draft, const MessageLimits& limits) {
  if (!trellis::valid_topic_name(draft.topic))
    return Problem{403, in_quotes(draft.topic) + " is no topic name: expected text without wildcards, not empty",
                   "topic"};
  if (draft.topic.size() > limits.topic_bytes || trellis::topic_levels(draft.topic) > limits.topic_levels)
    return Problem{403,
                   "the topic has more than " + std::to_string(limits.topic_bytes) + " bytes or " +
                       std::to_string(limits.topic_levels) + " levels",
                   "topic"};
  const std::size_t most =
      draft.retain() ? std::min(limits.payload_bytes, limits.retained_bytes) : limits.payload_bytes;
  if (draft.payload.size() > most)
    return Problem{413,
                   "the payload has " + std::to_string(draft.payload.size()) + " bytes, at most " +
                       std::to_string(most) + (draft.retain() ? " are retained" : " are taken"),
                   {}};
  if (auto problem = check_property(draft.content_type, limits.property_bytes, "content-type", true)) return problem;
  if (auto problem = check_property(draft.response_topic, limits.topic_bytes, "mqtt-response-topic", true))
    return problem;
  if (auto problem = check_property(draft.correlation_data, limits.property_bytes, "mqtt-correlation-data", false))
    return problem;
  if ((draft.flags & TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC) != 0 && !trellis::valid_topic_name(draft.response_topic))
    return bad_request(in_quotes(draft.response_topic) + " is no topic name", "mqtt-response-topic");
  for (const auto& [name, value] : draft.user_properties) {
    if (name.size() > 65535 || value.size() > 65535 || !trellis::valid_text(name) || !trellis::valid_text(value))
      return bad_request("expected UTF-8 texts of at most 65535 bytes", "mqtt-user-properties");
  }
  if ((draft.flags & TRELLIS_MESSAGE_TEXT) != 0 && limits.format_checked && !trellis::valid_utf8(draft.payload))
    return bad_request("the payload is marked as UTF-8 text and is none", "mqtt-payload-format-indicator");
  return std::nullopt;
}

std::optional<Problem> check_filter(std::string_view filter, const MessageLimits& limits) {
  if (!trellis::valid_topic_filter(filter))
    return bad_request(in_quotes(filter) + " is no topic filter", "topicFilter");
  if (filter.starts_with("$share/"))
    return bad_request("shared subscriptions need a session: connect by MQTT", "topicFilter");
  if (filter.size() > limits.topic_bytes || trellis::topic_levels(filter) > limits.topic_levels)
    return bad_request("the filter has more than " + std::to_string(limits.topic_bytes) + " bytes or " +
                           std::to_string(limits.topic_levels) + " levels",
                       "topicFilter");
  return std::nullopt;
}

void append_user_properties(std::string& out, const trellis_pair* pairs, std::uint32_t count) {
  out += '[';
  for (std::uint32_t i = 0; i < count; ++i) {
    out += i == 0 ? "{" : ",{";
    append_json_text(out, trellis::text(pairs[i].name));
    out += ':';
    append_json_text(out, trellis::text(pairs[i].value));
    out += '}';
  }
  out += ']';
}

}  // namespace mqtt_http

// Many messages in one request.
#include <trellis/json.hpp>

#include "common/base64/base64.hpp"
#include "draft.hpp"
#include "message_fields.hpp"

namespace mqtt_http {
namespace {

using trellis::json::Type;
using trellis::json::Value;

/// A value is many times as large as the two letters that may make one. So they are counted first.
std::size_t values_in(std::string_view json) noexcept {
  std::size_t values = 1;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (in_text) {
      if (json[i] == '\\') {
        ++i;
      } else if (json[i] == '"') {
        in_text = false;
      }
    } else {
      in_text = json[i] == '"';
      values += json[i] == ',' || json[i] == '[' || json[i] == '{';
    }
  }
  return values;
}

constexpr std::size_t kValuesPerMessage = 256;

/// One member of a message of a batch.
std::optional<Problem> read_member(const std::string& name, const Value& value, const MessageLimits& limits,
                                   Draft& draft) {
  const auto expected = [&](std::string_view what) {
    return bad_request("expected " + std::string(what) + ", found " + std::string(trellis::json::name(value.type)),
                       name);
  };
  const auto number = [&] { return value.type == Type::integer ? std::to_string(value.integer) : std::string("?"); };
  const bool is_text = value.type == Type::text;
  std::uint32_t flag = 0;
  if (name == "payload") {
    draft.payload = is_text ? value.text : std::string(value.source);
    return std::nullopt;
  }
  if (name == "qos") return zero_or_one(number(), name, draft.qos);
  if (name == "retain") {
    if (value.type == Type::boolean) {
      flag = value.boolean ? 1 : 0;
    } else if (auto problem = zero_or_one(number(), name, flag)) {
      return problem;
    }
    if (flag == 1) draft.flags |= TRELLIS_MESSAGE_RETAIN;
    return std::nullopt;
  }
  if (name == "messageExpiry") return read_expiry(number(), name, draft);
  if (name == "payloadFormatIndicator") return read_format(number(), name, draft);
  if (name == "userProperties") return read_pairs(value, limits, draft);
  if (!is_text) return expected("a text");
  if (name == "topic") {
    draft.topic = value.text;
  } else if (name == "payloadBase64") {
    auto bytes = common::from_base64(value.text);
    if (!bytes) return bad_request("expected base64", name);
    draft.payload = std::move(*bytes);
  } else if (name == "contentType") {
    draft.content_type = value.text;
    draft.flags |= TRELLIS_MESSAGE_HAS_CONTENT_TYPE;
  } else if (name == "responseTopic") {
    draft.response_topic = value.text;
    draft.flags |= TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC;
  } else if (name == "correlationData") {
    return read_correlation(value.text, name, draft);
  } else {
    return bad_request(
        "is not known here; known: topic, qos, retain, payload, payloadBase64, contentType, responseTopic, "
        "correlationData, messageExpiry, payloadFormatIndicator, userProperties",
        name.substr(0, 64));
  }
  return std::nullopt;
}

std::optional<Problem> read_one(const Value& item, const MessageLimits& limits, Draft& draft) {
  if (item.type != Type::object) return bad_request("expected an object");
  if (item.find("payload") != nullptr && item.find("payloadBase64") != nullptr)
    return bad_request("payload and payloadBase64 exclude each other", "payload");
  for (std::size_t i = 0; i < item.items.size(); ++i) {
    if (auto problem = read_member(item.keys[i], item.items[i], limits, draft)) return problem;
  }
  if (item.find("topic") == nullptr) return bad_request("is missing", "topic");
  return check(draft, limits);
}

}  // namespace

std::optional<Problem> read_batch(std::string_view body, const Settings& settings, std::vector<Draft>& drafts) {
  if (values_in(body) > kValuesPerMessage * settings.batch_messages)
    return Problem{413, "the batch has more than " + std::to_string(settings.batch_messages) + " messages", {}};
  const auto list = trellis::json::parse(body);
  if (!list) return bad_request(list.error().text);
  if (list->type != Type::list || list->items.empty()) return bad_request("expected a JSON list of messages");
  if (list->items.size() > settings.batch_messages)
    return Problem{413,
                   "the batch has " + std::to_string(list->items.size()) + " messages, at most " +
                       std::to_string(settings.batch_messages) + " are taken",
                   {}};
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    if (auto problem = read_one(list->items[i], settings.limits, drafts.emplace_back())) {
      problem->target = "/" + std::to_string(i) + (problem->target.empty() ? "" : "/" + problem->target);
      return problem;
    }
  }
  return std::nullopt;
}

}  // namespace mqtt_http

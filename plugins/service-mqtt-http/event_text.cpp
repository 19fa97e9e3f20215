#include "event_text.hpp"

#include <algorithm>
#include <trellis/topic.hpp>
#include <trellis/view.hpp>

#include "common/base64/base64.hpp"
#include "draft.hpp"

namespace mqtt_http {
namespace {

void append_text(std::string& out, std::string_view name, std::string_view value) {
  out.append(",\"").append(name).append("\":");
  append_json_text(out, value);
}

void append_payload(std::string& out, std::string_view payload) {
  const bool text = trellis::valid_utf8(payload);
  out += text ? R"(,"payload":)" : R"(,"payloadBase64":)";
  if (text) return append_json_text(out, payload);
  append_json_text(out, common::to_base64(payload));
}

}  // namespace

void append_message(std::string& out, const trellis_message& message, std::uint32_t qos, bool retain,
                    std::int64_t now_ms) {
  out += R"({"topic":)";
  append_json_text(out, trellis::text(message.topic));
  out += R"(,"qos":)" + std::to_string(qos) + R"(,"retain":)" + (retain ? "true" : "false");
  append_payload(out, trellis::text(message.payload));
  const auto has = [&](std::uint32_t flag) { return (message.flags & flag) != 0; };
  if (has(TRELLIS_MESSAGE_HAS_CONTENT_TYPE)) append_text(out, "contentType", trellis::text(message.content_type));
  if (has(TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC)) append_text(out, "responseTopic", trellis::text(message.response_topic));
  if (has(TRELLIS_MESSAGE_HAS_CORRELATION))
    append_text(out, "correlationData", common::to_base64(trellis::text(message.correlation_data)));
  if (has(TRELLIS_MESSAGE_HAS_FORMAT))
    out += std::string(R"(,"payloadFormatIndicator":)") + (has(TRELLIS_MESSAGE_TEXT) ? "1" : "0");
  if (has(TRELLIS_MESSAGE_HAS_EXPIRY)) {
    const std::int64_t left = std::max<std::int64_t>(0, message.expires_at_ms - now_ms);
    out += R"(,"messageExpiry":)" + std::to_string((left + 999) / 1000);
  }
  if (message.user_property_count > 0) {
    out += R"(,"userProperties":)";
    append_user_properties(out, message.user_properties, message.user_property_count);
  }
  out += '}';
}

void append_event(std::string& out, std::string_view id, std::string_view event, std::string_view data) {
  if (!id.empty()) out.append("id: ").append(id).append("\n");
  if (!event.empty()) out.append("event: ").append(event).append("\n");
  out.append("data: ").append(data).append("\n\n");
}

}  // namespace mqtt_http

/// Messages as events of a stream (the HTML standard's server-sent events), and as JSON.
#pragma once

#include <trellis/abi/message.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace mqtt_http {

/// {"topic", "qos", "retain", "payload" or "payloadBase64", …}, on one line. now_ms: Unix time.
void append_message(std::string& out, const trellis_message& message, std::uint32_t qos, bool retain,
                    std::int64_t now_ms);

/// "id: …" where there is one, "event: …" where it is no plain message, and the data, which has no line ends.
void append_event(std::string& out, std::string_view id, std::string_view event, std::string_view data);

/// Nobody is told; readers and what is between see that the stream lives.
inline constexpr std::string_view kHeartbeat = ": \n\n";

}  // namespace mqtt_http

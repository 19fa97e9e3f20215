/// A message as a request describes it.
#pragma once

#include <trellis/abi/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/view.hpp>
#include <utility>
#include <vector>

#include "problem.hpp"
#include "query.hpp"
#include "settings.hpp"

namespace mqtt_http {

/// It owns what it says, for its client may have to be asked about first.
struct Draft {
  std::string topic;
  std::string payload;
  std::string content_type;
  std::string response_topic;
  std::string correlation_data;
  std::vector<std::pair<std::string, std::string>> user_properties;
  std::vector<trellis_pair> pairs;  ///< views of them, made by publication()
  std::uint32_t flags = 0;          ///< TRELLIS_MESSAGE_…
  std::uint32_t qos = 1;
  std::uint32_t expiry_s = 0;

  bool retain() const noexcept { return (flags & TRELLIS_MESSAGE_RETAIN) != 0; }
  /// Good while this stays as it is.
  trellis_publication publication();
};

/// The message of a request: topic, QoS and RETAIN from the query or, where they are absent there, from headers, all
/// else from headers and the body.
std::optional<Problem> read_message(trellis::Pairs headers, std::string_view body, const Query& query,
                                    const MessageLimits& limits, Draft& draft);

/// A JSON list of messages. `expected` says what one may have.
std::optional<Problem> read_batch(std::string_view body, const Settings& settings, std::vector<Draft>& drafts);

/// User properties: a JSON list of objects with one text each, plain or in base64.
std::optional<Problem> read_user_properties(std::string_view text, const MessageLimits& limits, Draft& draft);

/// What the namespace lets through: sizes, levels, text that is text. 403 where the topic is none.
std::optional<Problem> check(const Draft& draft, const MessageLimits& limits);
std::optional<Problem> check_filter(std::string_view filter, const MessageLimits& limits);

/// The user properties as a list of objects with one text each.
void append_user_properties(std::string& out, const trellis_pair* pairs, std::uint32_t count);

}  // namespace mqtt_http

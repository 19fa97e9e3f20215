#include "settings.hpp"

#include <algorithm>
#include <trellis/topic.hpp>

#include "common/http/target.hpp"

namespace mqtt_http {
namespace {

using trellis::Schema;

Schema message_schema() {
  return Schema{}
      .bytes(
          "payload_bytes",
          {.help = "Largest payload of a message; a larger one is answered with 413. The listener's body_bytes holds "
                   "as well.",
           .fallback = "512KiB",
           .minimum = "1B",
           .maximum = "256MiB"})
      .bytes(
          "retained_message_bytes",
          {.help = "Largest payload of a retained message.", .fallback = "64KiB", .minimum = "1B", .maximum = "256MiB"})
      .bytes("topic_bytes", {.help = "Longest topic name, topic filter and response topic.",
                             .fallback = "256B",
                             .minimum = "1B",
                             .maximum = "65535B"})
      .integer("topic_levels",
               {.help = "Most levels of a topic name or filter.", .fallback = 15, .minimum = 1, .maximum = 256})
      .bytes("user_property_bytes", {.help = "Names and values of all user properties of a message together.",
                                     .fallback = "32KiB",
                                     .maximum = "16MiB"})
      .bytes("property_bytes",
             {.help = "Longest content type and correlation data.", .fallback = "256B", .maximum = "65535B"})
      .boolean("payload_format_checked",
               {.help = "Whether a payload that is marked as UTF-8 text has to be some.", .fallback = true})
      .integer("batch_messages",
               {.help = "Most messages of one batch.", .fallback = 100, .minimum = 1, .maximum = 10000})
      .integer("publishes_per_second",
               {.help = "Messages one client may publish in a second on one shard; more are "
                        "answered with 429. 0 is no limit. What authorizers say of a client comes "
                        "first.",
                .fallback = 0,
                .minimum = 0,
                .maximum = 100000000})
      .bytes("publish_bytes_per_second",
             {.help = "The same in bytes of payloads. 0B is no limit.", .fallback = "0B", .maximum = "1TiB"});
}

Schema with_streams(Schema&& schema) {
  return std::move(schema)
      .integer("streams", {.help = "Streams (GET /subscribe) of one shard at once; more are answered with 503.",
                           .fallback = 1000,
                           .minimum = 0,
                           .maximum = 1000000})
      .integer("stream_filters",
               {.help = "Most topic filters of one stream.", .fallback = 10, .minimum = 1, .maximum = 1000})
      .bytes("stream_bytes",
             {.help = "What a stream may have in memory that its reader has not taken. A message beyond "
                      "it is dropped and counted, and the reader is told how many were.",
              .fallback = "256KiB",
              .minimum = "4KiB",
              .maximum = "64MiB"})
      .duration("heartbeat", {.help = "A comment is sent on a stream where nothing else was for that long.",
                              .fallback = "15s",
                              .minimum = "1s",
                              .maximum = "5m"})
      .duration("stall_timeout", {.help = "A stream ends whose reader takes nothing of what waits for that long.",
                                  .fallback = "60s",
                                  .minimum = "1s",
                                  .maximum = "1h"});
}

Schema with_requests(Schema&& schema) {
  return std::move(schema)
      .integer("outstanding_requests",
               {.help = "Requests (POST /request) of one shard that wait for a response at once, "
                        "with those that did a moment ago; more are answered with 503.",
                .fallback = 1000,
                .minimum = 0,
                .maximum = 1000000})
      .duration("response_timeout", {.help = "How long a response is waited for where the request does not say.",
                                     .fallback = "10s",
                                     .minimum = "100ms",
                                     .maximum = "10m"})
      .duration("longest_response_timeout",
                {.help = "The most a request may say.", .fallback = "2m", .minimum = "100ms", .maximum = "10m"})
      .duration("late_responses", {.help = "How long responses that come too late are still recognised, to be counted.",
                                   .fallback = "30s",
                                   .minimum = "0s",
                                   .maximum = "10m"})
      .text("response_topic",
            {.help = "Where responses are awaited. {client} is the client's name, {id} differs for "
                     "each request and has to be there. The client needs the right to subscribe to it.",
             .fallback = "responses/{client}/{id}",
             .minimum_length = 4});
}

}  // namespace

Schema Settings::schema() {
  return with_requests(
             with_streams(
                 message_schema()
                     .texts("bearer_methods",
                            {.help = "The authentication methods a token of Authorization: Bearer is shown "
                                     "to the namespace's authenticators under, in this order.",
                             .minimum_items = 1,
                             .unique = true,
                             .fallback = R"(["OAUTH2-JWT", "CUSTOM-JWT"])"})
                     .texts("cors_origins",
                            {.help = "Origins whose pages may use this API in a browser, as "
                                     "\"https://app.example\"; \"*\" is every one. Requests that come from a "
                                     "page of any other are refused.",
                             .unique = true,
                             .fallback = "[]"})
                     .integer(
                         "retained_scans",
                         {.help = "Requests about retained messages of one shard that are under way at once; more are "
                                  "answered with 503.",
                          .fallback = 8,
                          .minimum = 1,
                          .maximum = 1000})
                     .integer("deleted_messages", {.help = "Most retained messages that one request deletes.",
                                                   .fallback = 1000,
                                                   .minimum = 1,
                                                   .maximum = 100000})))
      .example(R"({"cors_origins": ["https://app.example"], "publishes_per_second": 1000})");
}

trellis::Result<Settings> Settings::read(const trellis::Config& config) {
  const auto size = [&](std::string_view name) { return static_cast<std::size_t>(config.integer(name)); };
  Settings settings;
  settings.limits.payload_bytes = size("payload_bytes");
  settings.limits.retained_bytes = size("retained_message_bytes");
  settings.limits.topic_bytes = size("topic_bytes");
  settings.limits.topic_levels = size("topic_levels");
  settings.limits.user_property_bytes = size("user_property_bytes");
  settings.limits.property_bytes = size("property_bytes");
  settings.limits.format_checked = config.boolean("payload_format_checked");
  settings.batch_messages = size("batch_messages");
  settings.publishes_per_second = size("publishes_per_second");
  settings.publish_bytes_per_second = size("publish_bytes_per_second");
  settings.bearer_methods = config.texts("bearer_methods");
  settings.origins = config.texts("cors_origins");
  settings.retained_scans = size("retained_scans");
  settings.deleted_messages = size("deleted_messages");
  settings.streams = size("streams");
  settings.stream_filters = size("stream_filters");
  settings.stream_bytes = size("stream_bytes");
  settings.heartbeat = config.milliseconds("heartbeat");
  settings.stalled = config.milliseconds("stall_timeout");
  settings.outstanding = size("outstanding_requests");
  settings.response_timeout = config.milliseconds("response_timeout");
  settings.longest_timeout = config.milliseconds("longest_response_timeout");
  settings.late = config.milliseconds("late_responses");
  settings.response_topic = config.text("response_topic");
  const std::string tried = response_topic_of(settings.response_topic, "c", std::string(32, '0'));
  if (settings.response_topic.find("{id}") == std::string::npos || !trellis::valid_topic_name(tried) ||
      tried.starts_with('$')) {
    return trellis::fail("/response_topic: found " + trellis::json::quote(settings.response_topic) +
                         ", expected a topic name with {id} in it that does not begin with $");
  }
  if (settings.response_timeout > settings.longest_timeout)
    return trellis::fail("/response_timeout: must not be longer than longest_response_timeout");
  for (std::size_t i = 0; i < settings.origins.size(); ++i) {
    const std::string& origin = settings.origins[i];
    const bool good = origin == "*" || (origin.find("://") != std::string::npos && !origin.ends_with('/'));
    if (!good)
      return trellis::fail("/cors_origins/" + std::to_string(i) + ": found " + trellis::json::quote(origin) +
                           R"(, expected scheme, host and port without a path, "https://app.example", or "*")");
  }
  return settings;
}

std::string response_topic_of(const std::string& pattern, std::string_view client, std::string_view id) {
  std::string plain;
  for (int c = 1; c < 256; ++c) {
    if (c != '/' && c != '+' && c != '#' && c != '%') plain += static_cast<char>(c);
  }
  std::string topic = pattern;
  const auto fill = [&](std::string_view name, const std::string& value) {
    for (std::size_t at = topic.find(name); at != std::string::npos; at = topic.find(name, at + value.size()))
      topic.replace(at, name.size(), value);
  };
  fill("{id}", std::string(id));
  fill("{client}", trellis::http::percent_encode(client, plain));
  return topic;
}

}  // namespace mqtt_http

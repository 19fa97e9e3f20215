#include "settings.hpp"

namespace transport_http {

trellis::Schema settings_schema() {
  return trellis::Schema{}
      .bytes("body_bytes",
             {.help = "Largest request body, as sent and again as decompressed; a larger one is answered with 413.",
              .fallback = "1MiB",
              .minimum = "1KiB",
              .maximum = "1GiB"})
      .bytes("head_bytes", {.help = "Largest request line and header fields together; more is answered with 431.",
                            .fallback = "16KiB",
                            .minimum = "1KiB",
                            .maximum = "1MiB"})
      .bytes("target_bytes", {.help = "Longest request target (path and query); a longer one is answered with 414.",
                              .fallback = "8KiB",
                              .minimum = "128B",
                              .maximum = "1MiB"})
      .integer("header_count", {.help = "Most header fields of a request; more are answered with 431.",
                                .fallback = 100,
                                .minimum = 8,
                                .maximum = 10000})
      .integer("pipelined_requests",
               {.help = "Requests of one HTTP/1.1 connection that are taken in before the first of them is answered.",
                .fallback = 16,
                .minimum = 1,
                .maximum = 1000})
      .integer("streams", {.help = "Requests of one HTTP/2 connection that are under way at once.",
                           .fallback = 100,
                           .minimum = 1,
                           .maximum = 10000})
      .bytes("buffered_bytes",
             {.help = "What one HTTP/2 connection may have in memory of request bodies that arrive, beyond the first "
                      "64KiB of each, and of answers the client does not take. Above it other bodies and requests "
                      "wait. One body of body_bytes always has room.",
              .fallback = "4MiB",
              .minimum = "64KiB",
              .maximum = "4GiB"})
      .bytes("unfinished_bytes",
             {.help = "What all connections of one shard may have in memory of request bodies that are not complete; "
                      "who exceeds it is answered with 503. One body of body_bytes always has room.",
              .fallback = "64MiB",
              .minimum = "64KiB",
              .maximum = "1TiB"})
      .boolean("gzip", {.help = "Compress answers of 1KiB and more that are text, JSON or XML for clients that accept "
                                "gzip. Compressed requests are always taken.",
                        .fallback = true})
      .duration("head_timeout", {.help = "Time for a request line with its header fields, from the first byte on, and "
                                         "for the first byte of a new connection; then 408.",
                                 .fallback = "10s",
                                 .minimum = "100ms",
                                 .maximum = "10m"})
      .duration(
          "body_timeout",
          {.help = "Time for a whole request body; then 408.", .fallback = "60s", .minimum = "100ms", .maximum = "1h"})
      .duration("idle_timeout", {.help = "How long a connection without a request is kept, and one whose client takes "
                                         "nothing of what is sent to it.",
                                 .fallback = "75s",
                                 .minimum = "100ms",
                                 .maximum = "1d"})
      .example(R"({"body_bytes": "4MiB", "idle_timeout": "2m"})");
}

Settings read_settings(const trellis::Config& config) {
  const auto size = [&](std::string_view name) { return static_cast<std::size_t>(config.integer(name)); };
  Settings settings;
  settings.limits.body_bytes = size("body_bytes");
  settings.limits.head_bytes = size("head_bytes");
  settings.limits.target_bytes = size("target_bytes");
  settings.limits.header_count = size("header_count");
  settings.pipelined_requests = size("pipelined_requests");
  settings.streams = size("streams");
  settings.buffered_bytes = size("buffered_bytes");
  settings.unfinished_bytes = size("unfinished_bytes");
  settings.gzip = config.boolean("gzip");
  settings.head_timeout = config.milliseconds("head_timeout");
  settings.body_timeout = config.milliseconds("body_timeout");
  settings.idle_timeout = config.milliseconds("idle_timeout");
  return settings;
}

}  // namespace transport_http

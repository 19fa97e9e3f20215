#include "settings.hpp"

namespace transport_websocket {

trellis::Schema settings_schema() {
  return trellis::Schema{}
      .texts("paths", {.help = "Where WebSocket connections are taken; other paths are answered with 404.",
                       .minimum_items = 1,
                       .fallback = R"(["/mqtt"])"})
      .texts("subprotocols", {.help = "What may be spoken inside, best first. Of those a client offers it gets the "
                                      "first in this list.",
                              .fallback = R"(["mqtt", "mqttv3.1"])"})
      .boolean("subprotocol_required",
               {.help = "Whether a client has to offer one of them, as MQTT asks of it; else it is answered with 400.",
                .fallback = true})
      .texts("origins",
             {.help = "Web pages that may connect, as \"https://shop.example\"; \"*\" lets all in. Pages of the same "
                      "host need not be listed where the connection is encrypted, or the host is \"localhost\" or an "
                      "address. Others are answered with 403. Clients that are no browsers name no page.",
              .fallback = "[]"})
      .boolean("text", {.help = "Whether text messages are taken like binary ones. Without it they close the "
                                "connection with 1003, as MQTT demands.",
                        .fallback = false})
      .boolean("compression", {.help = "Whether permessage-deflate is agreed with clients that offer it. Costs much "
                                       "processor time, and with secrets and foreign text in one message it can "
                                       "betray the secret by its length.",
                               .fallback = false})
      .bytes("message_bytes", {.help = "Longest WebSocket message, after decompression; a longer one closes the "
                                       "connection with 1009. MQTT packets have a limit of their own.",
                               .fallback = "256MiB",
                               .minimum = "1KiB",
                               .maximum = "16GiB"})
      .bytes("head_bytes", {.help = "Longest opening request; a longer one is answered with 431.",
                            .fallback = "16KiB",
                            .minimum = "1KiB",
                            .maximum = "1MiB"})
      .example(R"({"paths": ["/mqtt", "/ws"], "origins": ["https://shop.example"]})");
}

Settings read_settings(const trellis::Config& config) {
  Settings settings;
  settings.paths = config.texts("paths");
  settings.subprotocols = config.texts("subprotocols");
  settings.subprotocol_required = config.boolean("subprotocol_required");
  settings.origins = config.texts("origins");
  settings.text = config.boolean("text");
  settings.compression = config.boolean("compression");
  settings.message_bytes = static_cast<std::uint64_t>(config.integer("message_bytes"));
  settings.head.head_bytes = static_cast<std::size_t>(config.integer("head_bytes"));
  settings.head.target_bytes = settings.head.head_bytes;
  settings.head.body_bytes = 0;
  return settings;
}

}  // namespace transport_websocket

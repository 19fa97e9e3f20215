#include "handler.hpp"

namespace mqtt_out {

trellis::Schema Mqtt::schema() {
  return peer_link::with_in_flight(peer_link::with_plugin_settings(trellis::Schema{}))
      .example("{}")
      .example(R"({"timeout": "10s"})");
}

}  // namespace mqtt_out

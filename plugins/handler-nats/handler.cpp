#include "handler.hpp"

namespace nats {

trellis::Schema Nats::schema() {
  return peer_link::with_keep_alive(peer_link::with_in_flight(peer_link::with_plugin_settings(trellis::Schema{})))
      .example("{}")
      .example(R"({"timeout": "10s"})");
}

}  // namespace nats

#include "handler.hpp"

namespace amqp {

trellis::Schema Amqp::schema() {
  return peer_link::with_keep_alive(peer_link::with_in_flight(peer_link::with_plugin_settings(trellis::Schema{})))
      .example(R"({"timeout": "10s", "in_flight": 256})")
      .example(R"({"allow_clear_text": true})");
}

}  // namespace amqp

#include "handler.hpp"

#include <utility>

#include "target.hpp"

namespace amqp {

trellis::Schema AmqpHandler::schema() {
  return peer_link::with_plugin_settings(trellis::Schema{})
      .example(R"({"timeout": "10s", "in_flight": 256})")
      .example(R"({"allow_clear_text": true})");
}

trellis::Result<void> AmqpHandler::configure(const trellis::Config& config) {
  settings_ = peer_link::read_plugin_settings(config);
  return trellis::ok();
}

trellis::Result<void> AmqpHandler::start() {
  metrics_ = peer_link::LinkMetrics::declare(host(), "amqp");
  return trellis::ok();
}

trellis::Result<std::unique_ptr<trellis::Destination>> AmqpHandler::open(const trellis::Config& destination) {
  auto target = read_target(destination, settings_);
  if (!target) return target.error();
  return std::make_unique<peer_link::LinkDestination<ShardState>>(registry_, host(), std::move(*target));
}

}  // namespace amqp

#include "handler.hpp"

#include <utility>

#include "target.hpp"

namespace redis {

trellis::Schema RedisHandler::schema() {
  return peer_link::with_plugin_settings(trellis::Schema{}).example("{}").example(R"({"timeout": "10s"})");
}

trellis::Result<void> RedisHandler::configure(const trellis::Config& config) {
  settings_ = peer_link::read_plugin_settings(config);
  return trellis::ok();
}

trellis::Result<void> RedisHandler::start() {
  metrics_ = peer_link::LinkMetrics::declare(host(), "redis");
  return trellis::ok();
}

trellis::Result<std::unique_ptr<trellis::Destination>> RedisHandler::open(const trellis::Config& destination) {
  auto target = read_target(destination, settings_);
  if (!target) return target.error();
  return std::make_unique<peer_link::LinkDestination<ShardState>>(registry_, host(), std::move(*target));
}

}  // namespace redis

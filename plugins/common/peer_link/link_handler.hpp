// The plugin class of a handler whose destinations have links.
#pragma once

#include <memory>
#include <trellis/handler.hpp>

#include "common/peer_link/links.hpp"
#include "common/peer_link/settings.hpp"

namespace peer_link {

/// Protocol brings what differs: kInfo; kName, "redis", for the names of metrics; schema(), of the plugin's settings;
/// and read_target(block, settings), which makes the Place of a destination or says why it cannot be one.
template <class Protocol>
class LinkHandler final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo = Protocol::kInfo;

  struct ShardState : ShardLinks {
    ShardState(LinkHandler& owner, const trellis::Shard& shard) : ShardLinks(owner.registry_, shard, owner.metrics_) {}
  };

  static trellis::Schema schema() { return Protocol::schema(); }

  trellis::Result<void> configure(const trellis::Config& config) override {
    settings_ = read_plugin_settings(config);
    return trellis::ok();
  }
  trellis::Result<void> start() override {
    metrics_ = LinkMetrics::declare(host(), Protocol::kName);
    return trellis::ok();
  }
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config& destination) override {
    auto target = Protocol::read_target(destination, settings_);
    if (!target) return target.error();
    return std::make_unique<LinkDestination<ShardState>>(registry_, host(), std::move(*target));
  }

 private:
  PluginSettings settings_;
  LinkMetrics metrics_;
  LinkRegistry registry_;
};

}  // namespace peer_link

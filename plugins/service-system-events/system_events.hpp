// The plugin: tells what happens in the broker, to whoever subscribes to it.
#pragma once

#include <trellis/abi/session.h>

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <trellis/resources.hpp>
#include <trellis/service.hpp>
#include <vector>

#include "outlet.hpp"
#include "resource_changes.hpp"
#include "settings.hpp"
#include "watches.hpp"

namespace system_events {

/// What one shard tells of: sessions of its own; on the first one resources and metrics, too.
class Desk {
 public:
  Desk(const Settings& settings, const OutletMetrics& metrics, const trellis::Shard& shard);

  void session(const trellis_session_fact& fact);
  void take(std::vector<ResourceState> changes);
  void flush();

 private:
  void look();

  const Settings& settings_;
  const trellis::Shard& shard_;
  Outlet outlet_;
  std::optional<ResourceChanges> changes_;
  std::optional<Watches> watches_;
  trellis::Timer next_look_;
};

class SystemEvents final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "service-system-events",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Publishes what happens to clients, resources and the broker as CloudEvents.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_LOOP, TRELLIS_HOST_METRICS, TRELLIS_HOST_NAMESPACE, TRELLIS_HOST_PUBLISH}};

  struct ShardState {
    ShardState(SystemEvents& plugin, trellis::Shard& shard);
    std::shared_ptr<Desk> desk;
  };

  static trellis::Schema schema() { return Settings::schema(); }

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void resources_changed(const std::vector<trellis::ResourceChange>& changes) override;
  void on_request(const trellis::Request& request, trellis::Reply reply) override;
  const void* table(std::string_view id) override;

 private:
  /// Calls function(Desk&) on that shard, unless it is gone. [any]
  template <class Function>
  void at(std::uint32_t shard_index, Function function) const;

  Settings settings_;
  OutletMetrics metrics_;
  mutable std::mutex mutex_;
  std::vector<std::weak_ptr<Desk>> desks_;  // by shard; guarded by mutex_
};

}  // namespace system_events

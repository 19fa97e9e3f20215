// Instances of the specimen plugin, and what the process offers them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <trellis/hosting/basic_tables.hpp>
#include <trellis/keeping/message.hpp>

#include "names.hpp"
#include "plugin/host_api.hpp"
#include "plugin/specimen.h"
#include "runtime/running_shard.hpp"

namespace trellis::kernel::testing {

inline std::string specimen_file(const std::string& id) { return TRELLIS_SPECIMENS "/" + id + ".so"; }

class InstanceBench {
 public:
  InstanceBench() {
    services.metrics = &shards.metrics;
    services.health = &health;
    services.shards = {&*shards[0]};
    timers = shards[0].call([this] { return std::make_unique<PluginTimers>(*shards[0], &PluginTimer::fire); });
    add_basic_tables(services, {timers.get()});
    add_connection_tables(services);
  }
  ~InstanceBench() {
    shards[0].call([this] { timers.reset(); });
    shards.stop();
  }

  std::shared_ptr<Instance> create(const std::string& id, std::string& error) {
    auto library = Library::load(specimen_file(id), {}, error);
    EXPECT_NE(library, nullptr) << error;
    return library == nullptr ? nullptr : Instance::create(library, "named", services, error);
  }
  /// One that must come into being.
  std::shared_ptr<Instance> create() {
    std::string error;
    auto made = create("specimen", error);
    EXPECT_NE(made, nullptr) << error;
    return made;
  }
  static specimen& inside(const Instance& instance) { return *static_cast<specimen*>(instance.handle()); }
  /// A host table as the plugin gets it.
  template <typename Table>
  static const Table& table(const Instance& instance, std::string_view id) {
    const specimen& self = inside(instance);
    const auto* found = static_cast<const Table*>(self.host_table->get_table(self.host, view_of(id)));
    EXPECT_NE(found, nullptr) << id;
    EXPECT_EQ(found->struct_size, sizeof(Table)) << id;
    return *found;
  }

  ShardSet shards;
  Health health;
  HostServices services;
  std::unique_ptr<PluginTimers> timers;
};

}  // namespace trellis::kernel::testing

// One plugin instance in a TestHost: its life cycle through the C tables, with every state checked.
#pragma once

#include <trellis/abi/plugin.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <trellis/tables.hpp>
#include <vector>

namespace trellis::testing {

class World;
struct HostHandle;

enum class State { none, created, configured, running, draining, stopped, destroyed };

/// Which class tests a plugin of that kind.
template <std::uint32_t kind>
struct DriverOf;

/// Steps must be called in the order of the life cycle, or not at all; the destructor makes those that are missing.
class Instance {
 public:
  Instance(World& world, const trellis_plugin& entry);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  Result<void> create();
  /// Settings as a user writes them; defaults and units are applied first.
  Result<void> configure(std::string_view settings);
  /// Starts and opens every shard.
  Result<void> start();
  /// Starts and opens no shard, as where something else fails before they are.
  Result<void> start_alone();
  void drain(std::chrono::milliseconds deadline);
  /// Closes connections and shards, then stops.
  void stop();
  void destroy();

  State state() const noexcept { return state_; }
  std::string_view id() const noexcept;
  const trellis_plugin& entry() const noexcept { return *entry_; }
  void* get() const noexcept { return instance_; }
  void* shard(std::uint32_t index) const { return shards_.at(index); }
  /// Whether its shards are open.
  bool is_open() const noexcept { return !shards_.empty(); }
  World& world() const noexcept { return *world_; }

  /// The plugin's table of that type, null where it has none.
  template <class Table>
  const Table* table() {
    return static_cast<const Table*>(find_table(kTableId<Table>));
  }
  const void* find_table(std::string_view id);

 private:
  World* world_;
  const trellis_plugin* entry_;
  std::unique_ptr<HostHandle> handle_;
  void* instance_ = nullptr;
  std::vector<void*> shards_;
  State state_ = State::none;
};

}  // namespace trellis::testing

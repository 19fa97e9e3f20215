// The plugin: subscriptions choose events by functions of a script in Lua.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <trellis/predicate.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/lua_script/answers.hpp"
#include "common/lua_script/script_host.hpp"

namespace lua {

/// All filters of an instance name functions of one script, which has a state on each shard. What a filter names is
/// looked up there when it is first asked, and again for another version of the script.
class PredicateLua final : public trellis::Predicate {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "predicate-lua",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Chooses events by functions written in Lua.",
                                             .licence = "Apache-2.0",
                                             .capabilities = TRELLIS_CAPABILITY_FILES_READ};

  /// What filters name, in the state of one shard.
  class Bindings {
   public:
    explicit Bindings(std::shared_ptr<ShardScript> script) : script_(std::move(script)) {}
    /// Of a filter by its number: nothing where the present version has no such function.
    const Bound& find(std::uint64_t number, const std::string& function, const std::string& arguments) noexcept;
    void release(std::uint64_t number) noexcept;

   private:
    struct Binding {
      std::uint64_t version = 0;
      Bound bound;
    };
    std::shared_ptr<ShardScript> script_;
    std::unordered_map<std::uint64_t, Binding> of_filter_;
  };
  struct ShardState {
    ShardState(PredicateLua& plugin, trellis::Shard& shard);

    std::shared_ptr<ShardScript> script;
    std::shared_ptr<Bindings> bindings;
    VerdictReader reader;
  };

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void stop() override;
  trellis::Result<std::unique_ptr<trellis::Condition>> compile(const trellis::Config& filter) override;

 private:
  class Chosen;

  bool judge(const Chosen& filter, const trellis::Shard& shard, const trellis::Message& message) const noexcept;
  void released(const Chosen& filter);

  ScriptHost script_;
  bool pass_on_error_ = false;
  trellis::Metric passed_;
  trellis::Metric dropped_;

  std::mutex mutex_;
  // Guarded by mutex_: what filters name, the number of the next one, and the shards, by index.
  std::multiset<std::string, std::less<>> used_;
  std::uint64_t next_ = 1;
  std::vector<std::weak_ptr<Bindings>> shards_;
};

}  // namespace lua

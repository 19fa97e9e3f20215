// The plugin: scripts in Lua say who may be connected, and who may publish, subscribe and receive what.
#pragma once

#include <memory>
#include <string_view>
#include <trellis/authorizer.hpp>

#include "common/lua_script/answers.hpp"
#include "common/lua_script/script_host.hpp"

namespace lua {

/// Asks one script. What it has no function for is not its business: everybody is let in, and the next authorizer is
/// asked.
class AuthorizerLua final : public trellis::Authorizer {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authorizer-lua",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Asks a script in Lua who may connect, and what clients may publish, subscribe and receive.",
      .licence = "Apache-2.0",
      .capabilities = TRELLIS_CAPABILITY_FILES_READ};

  struct ShardState {
    ShardState(AuthorizerLua& plugin, trellis::Shard& shard) : script(plugin.script_.open(shard)) {}

    std::shared_ptr<ShardScript> script;
    VerdictReader verdict;
    AdmissionReader admission;
  };

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void stop() override;

  void authorize(trellis::AccessBatch batch) noexcept override;
  trellis::Result<void> admit(const trellis::AccessRequest& client, const trellis::Shard& shard,
                              trellis::ClientLimits& limits) override;
  void explain(const trellis::AccessRequest& question, const trellis::Shard& shard,
               const trellis::ExplainSink& sink) override;
  bool judges_receive() const noexcept override { return judges_receive_; }

 private:
  void declare_metrics();
  trellis::Access judge(ShardState& state, const trellis::AccessRequest& question) noexcept;
  void count(const trellis::Shard& shard, Hook hook, trellis::Access access) const noexcept;

  ScriptHost script_;
  bool deny_on_error_ = true;
  bool judges_receive_ = false;
  trellis::Metric decisions_[kHookCount][4];  // by Access
};

}  // namespace lua

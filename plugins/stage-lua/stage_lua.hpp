// The plugin: routing rules as scripts in Lua.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <trellis/borrow.hpp>
#include <trellis/command.hpp>
#include <trellis/stage.hpp>
#include <vector>

#include "common/lua_script/event_outbox.hpp"
#include "common/lua_script/outcome.hpp"
#include "common/lua_script/script_host.hpp"
#include "timers.hpp"

namespace lua {

/// Asks one script about every message, and calls its timers on the first shard.
class StageLua final : public trellis::WithLenders<trellis::WithCommand<trellis::Stage>> {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "stage-lua",
      .version = "1.1.0",
      .vendor = "Trellis",
      .summary = "Passes, drops, changes, moves and copies messages by rules written in Lua.",
      .licence = "Apache-2.0",
      .capabilities = TRELLIS_CAPABILITY_FILES_READ};

  struct ShardState {
    ShardState(StageLua& plugin, trellis::Shard& shard);

    std::shared_ptr<ShardScript> script;
    OutcomeReader reader;
    std::uint64_t version = 0;  // that the counts below are of
    // Of errors: when the present count began, how many since, and until when the script is not asked.
    std::chrono::milliseconds counted_from{0};
    int errors = 0;
    std::chrono::milliseconds bypassed_until{0};
    std::shared_ptr<Timers> timers;  // of the first shard
  };

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void stop() override;
  void lenders_changed() override { events_.lenders_changed(host()); }
  void on_messages(trellis::MessageBatch batch) noexcept override;

  std::string_view verb() const noexcept override { return "lua"; }
  std::string_view verb_summary() const noexcept override { return "check, test, replay and profile scripts"; }
  int run(const std::vector<std::string_view>& words, const trellis::Console& console) override;

  /// For tests.
  const ScriptHost& script() const noexcept { return script_; }

 private:
  enum class OnError : std::uint8_t { pass, drop, quarantine };

  void declare_metrics();
  bool set_timer(const trellis::Shard& shard, std::string_view name, std::chrono::milliseconds delay);
  void judge(ShardState& state, Runner& runner, const trellis::MessageBatch& batch, std::size_t index) noexcept;
  void send(ShardState& state, const trellis::MessageBatch& batch, std::size_t index) noexcept;
  void fail(ShardState& state, const trellis::MessageBatch& batch, std::size_t index, Failure failure,
            std::string_view error) noexcept;
  void count_error(ShardState& state, const trellis::Shard& shard) noexcept;

  ScriptHost script_;
  EventOutbox events_;
  Hook hook_ = Hook::publish;
  std::chrono::milliseconds timer_{0};
  OnError on_error_ = OnError::pass;
  int quarantine_errors_ = 0;
  std::chrono::milliseconds quarantine_time_{};

  std::mutex timers_mutex_;
  std::weak_ptr<Timers> timers_;  // guarded by timers_mutex_: of the first shard

  trellis::Metric dropped_;
  trellis::Metric changed_;
  trellis::Metric copies_;
  trellis::Metric bypassed_;
  trellis::Metric quarantines_;
};

}  // namespace lua

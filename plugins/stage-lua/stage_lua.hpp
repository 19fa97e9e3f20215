// The plugin: routing rules as scripts in Lua.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <trellis/command.hpp>
#include <trellis/stage.hpp>
#include <vector>

#include "script_file.hpp"
#include "shard_services.hpp"
#include "store.hpp"
#include "watched_file/watched_file.hpp"

namespace lua {

/// Asks one script about every message. Each shard has a Lua state of its own; what shards share is the store behind
/// `state` and `rate`.
///
/// A changed file is loaded, and tried with its cases, by the thread that watches it; shards take the new states at
/// their next batch by looking at one atomic number.
class StageLua final : public trellis::WithCommand<trellis::Stage> {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "stage-lua",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Passes, drops, changes, moves and copies messages by rules written in Lua.",
      .licence = "Apache-2.0"};

  struct ShardState {
    ShardState(StageLua& plugin, trellis::Shard& shard);

    ShardServices services;
    std::uint64_t version = 0;
    std::shared_ptr<const LoadedScript> script;
    Runner* runner = nullptr;
    // Of errors: when the present count began, how many since, and until when the script is not asked.
    std::chrono::milliseconds counted_from{0};
    int errors = 0;
    std::chrono::milliseconds bypassed_until{0};
    LineLimit error_lines{1};
  };

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void stop() override;
  void on_messages(trellis::MessageBatch batch) noexcept override;

  std::string_view verb() const noexcept override { return "lua"; }
  std::string_view verb_summary() const noexcept override { return "check routing scripts and run their cases"; }
  int run(const std::vector<std::string_view>& words, const trellis::Console& console) override;

 private:
  enum class OnError : std::uint8_t { pass, drop, quarantine };

  void declare_metrics();
  void on_file_read(const std::string& error);
  void take_script(ShardState& state, const trellis::Shard& shard) noexcept;
  void judge(ShardState& state, const trellis::MessageBatch& batch, std::size_t index) noexcept;
  void send(ShardState& state, const trellis::MessageBatch& batch, std::size_t index, const Outcome& outcome) noexcept;
  void fail(ShardState& state, const trellis::MessageBatch& batch, std::size_t index, Failure failure,
            std::string_view error) noexcept;

  LoadOptions options_;
  std::chrono::milliseconds watch_interval_{};
  OnError on_error_ = OnError::pass;
  int quarantine_errors_ = 0;
  std::chrono::milliseconds quarantine_time_{};
  std::string name_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<RuleCounters> counters_;
  std::unique_ptr<common::WatchedFile<LoadedScript>> file_;

  // Versions no shard uses any more, to be freed by the thread that watches the file: closing a state takes its time.
  std::mutex replaced_mutex_;
  std::vector<std::shared_ptr<const LoadedScript>> replaced_;

  trellis::Metric calls_;
  trellis::Metric errors_[5];  // by Failure
  trellis::Metric dropped_;
  trellis::Metric changed_;
  trellis::Metric copies_;
  trellis::Metric bypassed_;
  trellis::Metric quarantines_;
  trellis::Metric replacements_[2];  // refused, taken
  trellis::Metric version_;
  trellis::Histogram time_;
};

}  // namespace lua

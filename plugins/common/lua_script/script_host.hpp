// What every plugin with a script has: its settings, the file that is followed, metrics, and the states of its shards.
#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/host.hpp>
#include <trellis/schema.hpp>
#include <trellis/shard.hpp>
#include <vector>

#include "script_file.hpp"
#include "shard_services.hpp"
#include "store.hpp"
#include "watched_file/watched_file.hpp"

namespace lua {

class ShardScript;

/// The script of one instance. Each shard has a Lua state of its own; what shards share is the store behind `state` and
/// `rate`.
///
/// A changed file is loaded, and tried with its cases, by the thread that watches it; shards take the new states when
/// they next ask, by looking at one atomic number, or when that thread tells them. The old ones are freed by that
/// thread, once no shard has them: closing a state takes its time. For a while the last version that was good is kept,
/// and takes its place again where too many calls of the new one fail.
class ScriptHost {
 public:
  using Check = std::function<trellis::Result<void>(const Runner&)>;

  /// Adds the settings all of them have.
  static trellis::Schema settings(trellis::Schema schema);
  /// check: whether a script has what the plugin asks for.
  trellis::Result<void> configure(const trellis::Config& config, Check check);
  /// on_replaced: another version holds from now on. [the watching thread]
  trellis::Result<void> start(const trellis::Host& host, std::function<void()> on_replaced = {});
  void stop();

  /// The state of a shard. [shard] of the caller's ShardState
  std::shared_ptr<ShardScript> open(const trellis::Shard& shard);

  const std::string& name() const noexcept { return name_; }
  const std::string& path() const noexcept { return options_.path; }
  std::uint64_t version() const noexcept { return file_ == nullptr ? 0 : file_->version(); }
  /// The label that all metrics have; with more of them behind it.
  std::string labels(std::string_view more = {}) const;
  /// trellis_lua_…_total with these labels. [control]
  trellis::Metric counter(const trellis::Host& host, std::string_view what, std::string_view help,
                          std::string_view more = {}) const;
  /// The present version. [any]
  std::shared_ptr<const LoadedScript> snapshot() const { return file_ == nullptr ? nullptr : file_->snapshot(); }
  Store& store() noexcept { return *store_; }

 private:
  friend class ShardScript;

  std::shared_ptr<const LoadedScript> parse(std::string_view text, std::string& error);
  void on_file_read(const std::string& error);
  void look_at_trial();
  void tell_shards();
  void retire(std::shared_ptr<const LoadedScript> script);
  void free_retired();
  void declare_metrics();

  LoadOptions options_;
  std::chrono::milliseconds watch_interval_{};
  std::string name_;
  trellis::Host host_;
  std::function<void()> on_replaced_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<RuleCounters> counters_;
  std::unique_ptr<common::WatchedFile<LoadedScript>> file_;

  std::uint64_t rollback_percent_ = 100;
  std::chrono::milliseconds rollback_time_{};
  // Of the watching thread: what takes its place again where the present version fails too often, and until when.
  std::shared_ptr<const LoadedScript> proven_;
  std::chrono::steady_clock::time_point trial_end_;

  std::mutex mutex_;
  // Guarded by mutex_: versions that a shard gave back, and the shards, by index.
  std::vector<std::shared_ptr<const LoadedScript>> retired_;
  std::vector<std::weak_ptr<ShardScript>> shards_;

  trellis::Metric calls_;
  trellis::Metric errors_[5];        // by Failure
  trellis::Metric replacements_[3];  // refused, taken, rolled back
  trellis::Metric version_;
  trellis::Metric suppressed_;
  trellis::Metric published_[2];  // refused, sent
  trellis::Histogram time_;
};

/// The script on one shard; everything is called there.
class ShardScript {
 public:
  ShardScript(ScriptHost& host, const trellis::Shard& shard);

  /// The newest version.
  Runner& take() noexcept;
  std::uint64_t version() const noexcept { return version_; }
  /// The version taken last; null before the first.
  Runner* runner() const noexcept { return runner_; }
  /// Keeps the version taken last alive: for calls that go on later.
  const std::shared_ptr<const LoadedScript>& script() const noexcept { return script_; }
  ShardServices& services() noexcept { return services_; }
  const trellis::Shard& shard() const noexcept { return shard_; }

  /// Counts so many calls, of the version taken last.
  void count_calls(std::int64_t calls) noexcept;
  void count_time(std::chrono::steady_clock::duration time) const noexcept;
  /// Counts and, once per second, logs the failure of the runner's last call: about what it was is said by the field.
  void failed(const Runner& runner, std::string_view hook, const trellis::Field& about) noexcept;
  void failed(Failure failure, std::string_view error, std::string_view hook, const trellis::Field& about) noexcept;

 private:
  static constexpr std::int64_t kUntold = 64;  // calls

  void tell_calls() noexcept;
  void report(Failure failure, std::string_view error, std::string_view hook, const trellis::Field& about) noexcept;

  ScriptHost& host_;
  const trellis::Shard& shard_;
  ShardServices services_;
  std::uint64_t version_ = 0;
  std::shared_ptr<const LoadedScript> script_;
  Runner* runner_ = nullptr;
  std::int64_t untold_calls_ = 0;
  LineLimit error_lines_{1};
};

/// Counts a call and its time.
class TimedCall {
 public:
  explicit TimedCall(ShardScript& script) noexcept : script_(script), begin_(std::chrono::steady_clock::now()) {
    script.count_calls(1);
  }
  ~TimedCall() { script_.count_time(std::chrono::steady_clock::now() - begin_); }
  TimedCall(const TimedCall&) = delete;
  TimedCall& operator=(const TimedCall&) = delete;

 private:
  const ShardScript& script_;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace lua

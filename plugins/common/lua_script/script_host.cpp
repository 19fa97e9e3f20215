#include "script_host.hpp"

#include <algorithm>
#include <utility>

namespace lua {
namespace {

// Fewer failures than this may be chance, whatever part of the calls they are.
constexpr std::uint64_t kLeastFailures = 10;

/// In the form labels are written: a file's name may have anything in it.
std::string label_value(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

}  // namespace

trellis::Schema ScriptHost::settings(trellis::Schema schema) {
  return std::move(schema)
      .path("script",
            {.help = "File with the script. Its cases are looked for beside it: rule.cases.json for rule.lua.",
             .required = true})
      .duration(
          "budget",
          {.help = "How much CPU time one call may take, counted in ticks of the system, which are 4 ms mostly. A call "
                   "that takes longer is ended and counts as an error. The script's main part may take ten times that.",
           .fallback = "10ms",
           .minimum = "1ms",
           .maximum = "1s"})
      .bytes("memory",
             {.help = "How much the script may hold on each shard. One text or list of it may have an eighth of that.",
              .fallback = "16MiB",
              .minimum = "1MiB",
              .maximum = "1GiB"})
      .boolean("cases", {.help = "Whether a script is taken only if its cases come out as expected.", .fallback = true})
      .duration(
          "watch_interval",
          {.help = "How often to look whether the file changed. A script that does not load or fails its cases is "
                   "reported and leaves the old one in place. 0s: never.",
           .fallback = "2s",
           .minimum = "0s",
           .maximum = "1h"})
      .integer("rollback_percent",
               {.help = "Of the calls of a new version, how many of a hundred may fail: with more, and at least ten, "
                        "within rollback_time the version of before takes its place again. 100: it never does.",
                .fallback = 10,
                .minimum = 0,
                .maximum = 100})
      .duration("rollback_time", {.help = "How long after it was replaced a script can be taken back.",
                                  .fallback = "1m",
                                  .minimum = "1s",
                                  .maximum = "24h"})
      .integer("state_entries",
               {.help = "Most keys of state and rate together; the one not used for the longest time goes first.",
                .fallback = 10'000,
                .minimum = 1,
                .maximum = 10'000'000})
      .bytes("state_bytes",
             {.help = "Most bytes of them.", .fallback = "16MiB", .minimum = "64KiB", .maximum = "4GiB"});
}

trellis::Result<void> ScriptHost::configure(const trellis::Config& config, Check check) {
  options_.path = config.text("script");
  if (options_.path.empty()) return trellis::fail("/script: the path is empty");
  options_.check = std::move(check);
  options_.limits.budget = config.milliseconds("budget");
  options_.limits.memory = static_cast<std::size_t>(config.integer("memory"));
  options_.cases = config.boolean("cases");
  watch_interval_ = config.milliseconds("watch_interval");
  rollback_percent_ = static_cast<std::uint64_t>(config.integer("rollback_percent"));
  rollback_time_ = config.milliseconds("rollback_time");
  name_ = script_name(options_.path);
  store_ = std::make_unique<Store>(static_cast<std::size_t>(config.integer("state_entries")),
                                   static_cast<std::size_t>(config.integer("state_bytes")));
  counters_ = std::make_unique<RuleCounters>(label_value(name_));
  return trellis::ok();
}

trellis::Result<void> ScriptHost::start(const trellis::Host& host, std::function<void()> on_replaced) {
  host_ = host;
  on_replaced_ = std::move(on_replaced);
  declare_metrics();
  options_.shards = host.shard_count();
  file_ = std::make_unique<common::WatchedFile<LoadedScript>>(
      options_.path, [this](std::string_view text, std::string& error) { return parse(text, error); });
  std::string error;
  if (!file_->load(error)) return trellis::fail(error);
  version_.add_any();
  if (watch_interval_.count() > 0) {
    file_->watch(
        watch_interval_, [this](const std::string& why) { on_file_read(why); },
        [this] {
          look_at_trial();
          free_retired();
        });
  }
  return trellis::ok();
}

std::shared_ptr<const LoadedScript> ScriptHost::parse(std::string_view text, std::string& error) {
  auto loaded = load_script(options_, text);
  if (!loaded) {
    error = loaded.error().text;
    return nullptr;
  }
  // What is on trial itself proves nothing.
  if (proven_ == nullptr && rollback_percent_ < 100) proven_ = file_->snapshot();
  trial_end_ = std::chrono::steady_clock::now() + rollback_time_;
  return std::move(loaded).value();
}

void ScriptHost::stop() {
  if (file_ != nullptr) file_->stop();
}

std::shared_ptr<ShardScript> ScriptHost::open(const trellis::Shard& shard) {
  auto made = std::make_shared<ShardScript>(*this, shard);
  const std::lock_guard lock(mutex_);
  shards_.resize(std::max<std::size_t>(shards_.size(), shard.index() + 1));
  shards_[shard.index()] = made;
  return made;
}

std::string ScriptHost::labels(std::string_view more) const {
  return "script=\"" + label_value(name_) + "\"" + (more.empty() ? "" : ",") + std::string(more);
}

trellis::Metric ScriptHost::counter(const trellis::Host& host, std::string_view what, std::string_view help,
                                    std::string_view more) const {
  return host.counter("trellis_lua_" + std::string(what) + "_total", help, labels(more));
}

void ScriptHost::declare_metrics() {
  calls_ = counter(host_, "calls", "Calls of scripts.");
  for (std::size_t i = 1; i < std::size(kFailureKinds); ++i)
    errors_[i] = counter(host_, "errors", "Calls that failed.", "kind=\"" + std::string(kFailureKinds[i]) + "\"");
  replacements_[0] = counter(host_, "replacements", "Changed files that were read.", "result=\"refused\"");
  replacements_[1] = counter(host_, "replacements", "Changed files that were read.", "result=\"taken\"");
  replacements_[2] = counter(host_, "replacements", "Changed files that were read.", "result=\"rolled_back\"");
  published_[0] = counter(host_, "published", "Messages of publish{}.", "result=\"refused\"");
  published_[1] = counter(host_, "published", "Messages of publish{}.", "result=\"sent\"");
  version_ =
      host_.gauge("trellis_lua_script_version", "How many versions of the script this instance has had.", labels());
  suppressed_ = host_.counter("trellis_lua_log_lines_suppressed_total", "Log lines of scripts that came too fast.");
  time_ = host_.histogram("trellis_lua_call_microseconds", "Time of calls.",
                          {1, 2, 5, 10, 50, 100, 500, 1000, 5000, 10000, 50000}, labels());
}

void ScriptHost::on_file_read(const std::string& error) {
  replacements_[error.empty() ? 1 : 0].add_any();
  if (!error.empty()) {
    return host_.log(trellis::Level::error, "the script cannot be used, the one of before stays",
                     {{"script", options_.path}, {"version", file_->version()}, {"error", error}});
  }
  version_.add_any();
  host_.log(trellis::Level::info, "the script was replaced",
            {{"script", options_.path}, {"version", file_->version()}});
  tell_shards();
}

// By the watching thread, now and then.
void ScriptHost::look_at_trial() {
  if (proven_ == nullptr) return;
  const auto present = file_->snapshot();
  const std::uint64_t failures = present->failures;
  const std::uint64_t calls = std::max<std::uint64_t>(present->calls, failures);
  if (failures < kLeastFailures || failures * 100 <= calls * rollback_percent_) {
    if (std::chrono::steady_clock::now() >= trial_end_) proven_.reset();
    return;
  }
  file_->put(std::exchange(proven_, nullptr));
  replacements_[2].add_any();
  version_.add_any();
  host_.log(trellis::Level::error, "the script failed too often, the one of before is back",
            {{"script", options_.path}, {"version", file_->version()}, {"failed", failures}, {"calls", calls}});
  tell_shards();
}

// Those that are asked nothing would keep the old version.
void ScriptHost::tell_shards() {
  if (on_replaced_) on_replaced_();
  const std::lock_guard lock(mutex_);
  for (std::uint32_t i = 0; i < shards_.size(); ++i) {
    host_.post(i, [shard = shards_[i]] {
      if (const auto alive = shard.lock()) alive->take();
    });
  }
}

void ScriptHost::retire(std::shared_ptr<const LoadedScript> script) {
  const std::lock_guard lock(mutex_);
  retired_.push_back(std::move(script));
}

void ScriptHost::free_retired() {
  std::vector<std::shared_ptr<const LoadedScript>> retired;
  const std::lock_guard lock(mutex_);
  retired.swap(retired_);
}

ShardScript::ShardScript(ScriptHost& host, const trellis::Shard& shard)
    : host_(host),
      shard_(shard),
      services_(shard, {host.name_, host.store_.get(), host.counters_.get(), host.suppressed_, host.published_[1],
                        host.published_[0]}) {
  Budget::prepare_thread();
}

Runner& ShardScript::take() noexcept {
  const std::uint64_t version = host_.file_->version();
  if (version == version_) return *runner_;
  if (script_ != nullptr) tell_calls();
  if (script_ != nullptr) host_.retire(std::move(script_));
  script_ = host_.file_->snapshot();  // at least as new as version
  version_ = version;
  runner_ = script_->runners[shard_.index()].get();
  runner_->serve(services_);
  return *runner_;
}

void ShardScript::count_time(std::chrono::steady_clock::duration time) const noexcept {
  host_.time_.add(shard_, std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

void ShardScript::count_calls(std::int64_t calls) noexcept {
  host_.calls_.add(shard_, calls);
  untold_calls_ += calls;
  if (untold_calls_ >= kUntold) tell_calls();
}

void ShardScript::tell_calls() noexcept {
  script_->calls.fetch_add(static_cast<std::uint64_t>(std::exchange(untold_calls_, 0)), std::memory_order_relaxed);
}

void ShardScript::failed(const Runner& runner, std::string_view hook, const trellis::Field& about) noexcept {
  // Of one that went on longer than its version nothing is to be learned.
  if (&runner == runner_) return failed(runner.failure(), runner.error(), hook, about);
  report(runner.failure(), runner.error(), hook, about);
}

void ShardScript::failed(Failure failure, std::string_view error, std::string_view hook,
                         const trellis::Field& about) noexcept {
  tell_calls();
  script_->failures.fetch_add(1, std::memory_order_relaxed);
  report(failure, error, hook, about);
}

void ShardScript::report(Failure failure, std::string_view error, std::string_view hook,
                         const trellis::Field& about) noexcept {
  host_.errors_[static_cast<std::size_t>(failure)].add(shard_);
  if (!error_lines_.take(shard_.now())) return;
  host_.host_.log(trellis::Level::error, "the script failed",
                  {{"error", error}, about, {"hook", hook}, {"version", version_}});
}

}  // namespace lua

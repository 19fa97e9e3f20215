// Life cycle of the plugin and its settings.
#include "stage_lua.hpp"

#include <utility>

#include "cases.hpp"

namespace lua {
namespace {

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

trellis::Schema StageLua::schema() {
  return trellis::Schema{}
      .path("script",
            {.help = "File with the script. Its cases are looked for beside it: rule.cases.json for rule.lua.",
             .required = true})
      .choice(
          "hook", {"on_publish", "on_deliver"},
          {.help = "Which function of the script is asked: that of an instance among stages.publish, or of one among "
                   "stages.deliver.",
           .fallback = "on_publish"})
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
      .choice("on_error", {"pass", "drop", "quarantine"},
              {.help = "What becomes of a message whose call failed: it goes on as it came, or is dropped. "
                       "\"quarantine\": it goes on, "
                       "and after quarantine_errors of them the script is not asked for a while.",
               .fallback = "pass"})
      .integer("quarantine_errors", {.help = "How many errors on one shard within quarantine_time begin a quarantine.",
                                     .fallback = 10,
                                     .minimum = 1,
                                     .maximum = 1'000'000})
      .duration("quarantine_time",
                {.help = "How long messages pass without the script being asked, unless it is replaced before.",
                 .fallback = "1m",
                 .minimum = "1s",
                 .maximum = "24h"})
      .boolean("cases", {.help = "Whether a script is taken only if its cases come out as expected.", .fallback = true})
      .duration(
          "watch_interval",
          {.help = "How often to look whether the file changed. A script that does not load or fails its cases is "
                   "reported and leaves the old one in place. 0s: never.",
           .fallback = "2s",
           .minimum = "0s",
           .maximum = "1h"})
      .integer("state_entries",
               {.help = "Most keys of state and rate together; the one not used for the longest time goes first.",
                .fallback = 10'000,
                .minimum = 1,
                .maximum = 10'000'000})
      .bytes("state_bytes", {.help = "Most bytes of them.", .fallback = "16MiB", .minimum = "64KiB", .maximum = "4GiB"})
      .example(R"({"script": "alarms.lua"})")
      .example(R"({"script": "/etc/trellis/tenants.lua", "hook": "on_deliver", "budget": "20ms", "on_error": "drop"})");
}

trellis::Result<void> StageLua::configure(const trellis::Config& config) {
  options_.path = config.text("script");
  if (options_.path.empty()) return trellis::fail("/script: the path is empty");
  options_.hook = config.text("hook") == "on_deliver" ? Hook::deliver : Hook::publish;
  options_.limits.budget = config.milliseconds("budget");
  options_.limits.memory = static_cast<std::size_t>(config.integer("memory"));
  options_.cases = config.boolean("cases");
  const std::string on_error = config.text("on_error");
  on_error_ = on_error == "drop" ? OnError::drop : on_error == "quarantine" ? OnError::quarantine : OnError::pass;
  quarantine_errors_ = static_cast<int>(config.integer("quarantine_errors"));
  quarantine_time_ = config.milliseconds("quarantine_time");
  watch_interval_ = config.milliseconds("watch_interval");
  name_ = script_name(options_.path);
  store_ = std::make_unique<Store>(static_cast<std::size_t>(config.integer("state_entries")),
                                   static_cast<std::size_t>(config.integer("state_bytes")));
  counters_ = std::make_unique<RuleCounters>(label_value(name_));
  return trellis::ok();
}

trellis::Result<void> StageLua::start() {
  declare_metrics();
  options_.shards = host().shard_count();
  file_ = std::make_unique<common::WatchedFile<LoadedScript>>(
      options_.path, [this](std::string_view text, std::string& error) -> std::shared_ptr<const LoadedScript> {
        {
          const std::lock_guard lock(replaced_mutex_);
          replaced_.clear();
        }
        auto loaded = load_script(options_, text);
        if (loaded) return std::move(loaded).value();
        error = loaded.error().text;
        return nullptr;
      });
  std::string error;
  if (!file_->load(error)) return trellis::fail(error);
  version_.add_any();
  if (watch_interval_.count() > 0) file_->watch(watch_interval_, [this](const std::string& why) { on_file_read(why); });
  return trellis::ok();
}

void StageLua::stop() {
  if (file_ != nullptr) file_->stop();
}

void StageLua::declare_metrics() {
  const std::string script = "script=\"" + label_value(name_) + "\"";
  const auto counter = [&](std::string_view what, std::string_view help, const std::string& labels = {}) {
    return host().counter("trellis_lua_" + std::string(what) + "_total", help,
                          script + (labels.empty() ? "" : "," + labels));
  };
  calls_ = counter("calls", "Calls of routing scripts.");
  static constexpr std::string_view kKinds[] = {"", "error", "budget", "memory", "result"};
  for (std::size_t i = 1; i < std::size(kKinds); ++i)
    errors_[i] = counter("errors", "Calls that failed.", "kind=\"" + std::string(kKinds[i]) + "\"");
  dropped_ = counter("dropped", "Messages a script dropped.");
  changed_ = counter("changed", "Messages that went on changed or on another topic.");
  copies_ = counter("copies", "Messages a script sent besides the one it was asked about.");
  bypassed_ = counter("bypassed", "Messages that passed without a call, during a quarantine.");
  quarantines_ = counter("quarantines", "Quarantines that began, on each shard.");
  replacements_[0] = counter("replacements", "Changed files that were read.", "result=\"refused\"");
  replacements_[1] = counter("replacements", "Changed files that were read.", "result=\"taken\"");
  version_ =
      host().gauge("trellis_lua_script_version", "How many versions of the script this instance has had.", script);
  time_ = host().histogram("trellis_lua_call_microseconds", "Time of calls.",
                           {1, 2, 5, 10, 50, 100, 500, 1000, 5000, 10000, 50000}, script);
}

void StageLua::on_file_read(const std::string& error) {
  replacements_[error.empty() ? 1 : 0].add_any();
  if (error.empty()) {
    version_.add_any();
    host().log(trellis::Level::info, "the script was replaced",
               {{"script", options_.path}, {"version", file_->version()}});
  } else {
    host().log(trellis::Level::error, "the script cannot be used, the one of before stays",
               {{"script", options_.path}, {"version", file_->version()}, {"error", error}});
  }
}

}  // namespace lua

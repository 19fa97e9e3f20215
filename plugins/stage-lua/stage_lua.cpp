// Life cycle of the plugin and its settings.
#include "stage_lua.hpp"

#include <utility>

namespace lua {

trellis::Schema StageLua::schema() {
  return ScriptHost::settings(
             trellis::Schema{}
                 .choice("hook", {"on_publish", "on_deliver"},
                         {.help = "Which function of the script is asked: that of an instance among stages.publish, or "
                                  "of one among stages.deliver.",
                          .fallback = "on_publish"})
                 .duration("timer", {.help = "How often on_timer(\"\") is called, on one shard. 0s: only when the "
                                             "script asks for it with timer().",
                                     .fallback = "0s",
                                     .minimum = "0s",
                                     .maximum = "24h"})
                 .choice("on_error", {"pass", "drop", "quarantine"},
                         {.help = "What becomes of a message whose call failed: it goes on as it came, or is dropped. "
                                  "\"quarantine\": it goes on, and after quarantine_errors of them the script is not "
                                  "asked for a while.",
                          .fallback = "pass"})
                 .integer("quarantine_errors",
                          {.help = "How many errors on one shard within quarantine_time begin a quarantine.",
                           .fallback = 10,
                           .minimum = 1,
                           .maximum = 1'000'000})
                 .duration("quarantine_time",
                           {.help = "How long messages pass without the script being asked, unless it is replaced "
                                    "before.",
                            .fallback = "1m",
                            .minimum = "1s",
                            .maximum = "24h"}))
      .example(R"({"script": "alarms.lua"})")
      .example(R"({"script": "/etc/trellis/tenants.lua", "hook": "on_deliver", "budget": "20ms", "on_error": "drop"})")
      .example(R"({"script": "heartbeat.lua", "timer": "30s"})");
}

trellis::Result<void> StageLua::configure(const trellis::Config& config) {
  hook_ = config.text("hook") == "on_deliver" ? Hook::deliver : Hook::publish;
  timer_ = config.milliseconds("timer");
  const std::string on_error = config.text("on_error");
  on_error_ = on_error == "drop" ? OnError::drop : on_error == "quarantine" ? OnError::quarantine : OnError::pass;
  quarantine_errors_ = static_cast<int>(config.integer("quarantine_errors"));
  quarantine_time_ = config.milliseconds("quarantine_time");
  return script_.configure(config, [this](const Runner& runner) -> trellis::Result<void> {
    if (timer_.count() > 0 && !runner.has(Hook::timer)) return trellis::fail("there is no function on_timer(name)");
    if (runner.has(hook_) || timer_.count() > 0) return trellis::ok();
    return trellis::fail("there is no function " + std::string(name(hook_)) + "(message, client)");
  });
}

trellis::Result<void> StageLua::start() {
  declare_metrics();
  events_.start(host(), script_.name(), script_.labels());
  return script_.start(host());
}

// Another instance has taken over, or the broker ends: the file is not followed any more, and timers are over.
void StageLua::drain(std::chrono::milliseconds) {
  script_.stop();
  const std::lock_guard lock(timers_mutex_);
  host().post(0, [timers = timers_] {
    if (const auto alive = timers.lock()) alive->end();
  });
}

void StageLua::stop() { script_.stop(); }

void StageLua::declare_metrics() {
  dropped_ = script_.counter(host(), "dropped", "Messages a script dropped.");
  changed_ = script_.counter(host(), "changed", "Messages that went on changed or on another topic.");
  copies_ = script_.counter(host(), "copies", "Messages a script sent besides the one it was asked about.");
  bypassed_ = script_.counter(host(), "bypassed", "Messages that passed without a call, during a quarantine.");
  quarantines_ = script_.counter(host(), "quarantines", "Quarantines that began, on each shard.");
}

StageLua::ShardState::ShardState(StageLua& plugin, trellis::Shard& shard) : script(plugin.script_.open(shard)) {
  script->services().on_timers([&plugin, &shard](std::string_view name, std::chrono::milliseconds delay) {
    return plugin.set_timer(shard, name, delay);
  });
  script->services().on_events(plugin.events_);
  if (shard.index() != 0) return;
  timers = std::make_shared<Timers>(*script, plugin.timer_);
  const std::lock_guard lock(plugin.timers_mutex_);
  plugin.timers_ = timers;
}

bool StageLua::set_timer(const trellis::Shard& shard, std::string_view name, std::chrono::milliseconds delay) {
  std::shared_ptr<Timers> timers;
  {
    const std::lock_guard lock(timers_mutex_);
    timers = timers_.lock();
  }
  if (timers == nullptr || (delay.count() > 0 && !timers->has_room())) return false;
  if (shard.index() == 0) {
    timers->set(name, delay);
    return true;
  }
  return host().post(0, [timers = std::weak_ptr<Timers>(timers), key = std::string(name), delay] {
    if (const auto alive = timers.lock()) alive->set(key, delay);
  });
}

}  // namespace lua

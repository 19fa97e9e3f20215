#include "plugin/plugin_timers.hpp"

namespace trellis::kernel {

struct PluginTimers::Entry final : Timer {
  Entry(PluginTimers& home, trellis_token name, trellis_timer_fn call, void* argument)
      : Timer(&PluginTimers::fire), owner(home), token(name), function(call), user(argument) {}
  PluginTimers& owner;
  trellis_token token;
  trellis_timer_fn function;
  void* user;
};

PluginTimers::PluginTimers(Shard& shard) noexcept : shard_(shard) {}

PluginTimers::~PluginTimers() = default;

bool PluginTimers::cancel(trellis_token token) { return timers_.erase(token) != 0; }

trellis_token PluginTimers::start(std::uint64_t delay_ms, trellis_timer_fn function, void* user) {
  const trellis_token token = ++last_;
  auto entry = std::make_unique<Entry>(*this, token, function, user);
  shard_.arm(*entry, delay_ms);
  timers_.emplace(token, std::move(entry));
  return token;
}

void PluginTimers::fire(Timer& timer) {
  Entry& entry = static_cast<Entry&>(timer);
  const trellis_timer_fn function = entry.function;
  void* const user = entry.user;
  entry.owner.timers_.erase(entry.token);  // before the call: it may start the next one
  function(user);
}

}  // namespace trellis::kernel

#include "timers.hpp"

#include "common/lua_script/answers.hpp"

namespace lua {

Timers::Timers(ShardScript& script, std::chrono::milliseconds every) : script_(script), every_(every) {
  if (every_.count() > 0) repeat();
}

void Timers::repeat() {
  repeating_ = script_.shard().after(every_, [this] {
    repeat();
    call("");
  });
}

void Timers::set(std::string_view name, std::chrono::milliseconds delay) {
  if (const auto found = waiting_.find(name); found != waiting_.end()) waiting_.erase(found);
  if (delay.count() > 0 && waiting_.size() < kMost && !ended_) {
    waiting_.emplace(name, script_.shard().after(delay, [this, key = std::string(name)] {
      waiting_.erase(key);
      count_.store(waiting_.size(), std::memory_order_relaxed);
      call(key);
    }));
  }
  count_.store(waiting_.size(), std::memory_order_relaxed);
}

void Timers::end() {
  ended_ = true;
  waiting_.clear();
  count_.store(0, std::memory_order_relaxed);
  repeating_.cancel();
}

void Timers::call(std::string_view name) {
  Runner& runner = script_.take();
  if (!runner.has(Hook::timer)) return;  // the script that asked for it was replaced
  const TimedCall timed(script_);
  NothingReader reader;
  if (!runner.call(Hook::timer, {.text = name}, reader)) script_.failed(runner, "on_timer", {"timer", name});
}

}  // namespace lua

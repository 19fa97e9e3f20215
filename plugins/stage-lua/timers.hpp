// When on_timer is called.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <trellis/shard.hpp>

#include "common/lua_script/script_host.hpp"

namespace lua {

/// The timers of an instance, all on its first shard; called there unless said otherwise.
class Timers {
 public:
  static constexpr std::size_t kMost = 256;  // names

  /// every: calls on_timer("") that often; 0: not by itself.
  Timers(ShardScript& script, std::chrono::milliseconds every);

  /// Calls on_timer(name) after that time, once, and not when it was to be called before; 0: not any more.
  void set(std::string_view name, std::chrono::milliseconds delay);
  /// None is called any more, nor begun.
  void end();
  /// Whether there may be another name. [any]
  bool has_room() const noexcept { return count_.load(std::memory_order_relaxed) < kMost; }

 private:
  void repeat();
  void call(std::string_view name);

  ShardScript& script_;
  const std::chrono::milliseconds every_;
  std::map<std::string, trellis::Timer, std::less<>> waiting_;
  std::atomic<std::size_t> count_{0};  // of those that wait
  trellis::Timer repeating_;
  bool ended_ = false;
};

}  // namespace lua

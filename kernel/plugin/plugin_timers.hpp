// Timers that plugins start on a shard, named by tokens.
#pragma once

#include <trellis/abi/host.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>

#include "loop/shard.hpp"

namespace trellis::kernel {

/// Used on its shard's thread. Timers still running when it dies never fire.
class PluginTimers {
 public:
  explicit PluginTimers(Shard& shard) noexcept;
  ~PluginTimers();
  trellis_token start(std::uint64_t delay_ms, trellis_timer_fn function, void* user);
  bool cancel(trellis_token token);

 private:
  struct Entry;
  static void fire(Timer& timer);
  Shard& shard_;
  trellis_token last_ = 0;
  boost::unordered_flat_map<trellis_token, std::unique_ptr<Entry>> timers_;
};

}  // namespace trellis::kernel

// What scripts reach beyond their own state: time, log, counters, and the store they share.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <trellis/host.hpp>

namespace lua {

class Store;

/// Of one shard, or of a test. Called on its thread only; nothing here throws.
class Services {
 public:
  virtual ~Services() = default;
  /// Monotonic.
  virtual std::chrono::milliseconds now() const noexcept = 0;
  /// Unix time.
  virtual std::chrono::milliseconds wall() const noexcept = 0;
  virtual void log(trellis::Level level, std::string_view text) noexcept = 0;
  /// Adds to the script's own counter of that name; false where there are too many names.
  virtual bool count(std::string_view name, std::int64_t amount) noexcept = 0;
  virtual Store& store() noexcept = 0;
};

}  // namespace lua

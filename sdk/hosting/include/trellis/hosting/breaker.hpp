// Keeps a plugin whose calls take too long from being called, for a while.
#pragma once

#include <cstdint>

namespace trellis::hosting {

/// When a plugin is too slow, and what then. As configured; slower_than_ns 0: never.
struct BreakerSettings {
  std::uint64_t slower_than_ns = 0;  // a call that takes longer is a slow one
  std::uint32_t calls = 0;           // so many slow ones on one shard
  std::uint64_t within_ms = 0;       // in this time open it
  std::uint64_t pause_ms = 0;        // for this long nobody is asked; then one call tries
  bool isolate = false;              // and the plugin goes on in a process of its own
  bool operator==(const BreakerSettings&) const = default;
};

/// Of one plugin on one shard. Who has it says when the pause is over.
class Breaker {
 public:
  explicit Breaker(const BreakerSettings& settings) noexcept : settings_(settings) {}

  /// Whether the plugin may be called now.
  bool closed() const noexcept { return !open_; }

  enum class Change : std::uint8_t { none = 1, opened, closed_again };
  /// A call came back after that long.
  Change took(std::uint64_t ns, std::uint64_t now_ms) noexcept {
    const bool slow = ns > settings_.slower_than_ns;
    if (open_) return Change::none;  // one that began before it was opened
    if (tries_) {
      tries_ = false;
      return slow ? open() : Change::closed_again;
    }
    if (!slow) return Change::none;
    if (slow_ == 0 || now_ms - first_ms_ > settings_.within_ms) {
      slow_ = 0;
      first_ms_ = now_ms;
    }
    return ++slow_ < settings_.calls ? Change::none : open();
  }
  /// The next call tries.
  void pause_over() noexcept {
    open_ = false;
    tries_ = true;
  }

 private:
  Change open() noexcept {
    open_ = true;
    slow_ = 0;
    return Change::opened;
  }
  const BreakerSettings& settings_;
  bool open_ = false;
  bool tries_ = false;
  std::uint64_t first_ms_ = 0;  // when the first of the slow ones came
  std::uint32_t slow_ = 0;
};

}  // namespace trellis::hosting

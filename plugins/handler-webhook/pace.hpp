// How often an endpoint may be asked.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace hooks {

/// When a request has its turn.
struct Turn {
  std::chrono::milliseconds wait{0};
  bool taken = true;  // false: it is too far away, and left to others
};

/// Spreads requests evenly over a minute. All members may be called from any thread.
class Pace {
 public:
  /// What the endpoint granted; 0 is no limit.
  void grant(std::uint32_t per_minute);
  /// The next turn, at most that far away. limit: per minute, of the destination's own settings; 0 is none.
  Turn take(std::chrono::milliseconds now, std::chrono::milliseconds most, std::uint32_t limit);

 private:
  std::mutex mutex_;
  std::uint32_t granted_ = 0;
  std::chrono::microseconds next_{0};
};

/// Those of all endpoints: what one was granted when it was asked holds for whoever delivers there.
class Paces {
 public:
  static constexpr std::size_t kMost = 10'000;

  std::shared_ptr<Pace> of(const std::string& key);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Pace>> paces_;
};

}  // namespace hooks

/// What became of the deliveries of one subscription: counters, and the last failures.
#pragma once

#include <trellis/abi/handler.h>

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace events_service {

/// Belongs to its subscription's shard, and begins anew with the process. What was delivered costs two additions.
class DeliveryLog {
 public:
  static constexpr std::size_t kFailures = 32;          ///< the last ones
  static constexpr std::size_t kReasonBytes = 300;      ///< of each
  static constexpr std::size_t kIdentifierBytes = 128;  ///< of the event's

  struct Failure {
    std::int64_t unix_ms = 0;
    std::string event;  ///< its id
    std::string reason;
    std::uint32_t cause = 0;  ///< TRELLIS_CAUSE_…
    std::uint32_t code = 0;   ///< the peer's
    std::uint32_t attempts = 0;
    bool refused = false;  ///< for good
  };

  void delivered(std::int64_t unix_ms) noexcept {
    ++delivered_;
    last_delivered_ms_ = unix_ms;
  }
  void failed(std::int64_t unix_ms, std::string_view event, std::uint32_t attempts,
              const trellis_delivery_result& result);

  /// Members of JSON with which it goes on: "delivered":…,"recentFailures":[…].
  void append(std::string& json) const;

 private:
  std::uint64_t delivered_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t refused_ = 0;
  std::int64_t last_delivered_ms_ = 0;  // 0: never
  std::deque<Failure> failures_;        // the oldest first
};

}  // namespace events_service

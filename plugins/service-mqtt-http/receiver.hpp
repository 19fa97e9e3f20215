/// A subscriber of the broker that lives with one request.
#pragma once

#include <trellis/abi/connection.h>
#include <trellis/abi/message.h>
#include <trellis/abi/subscriber.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "call.hpp"

namespace mqtt_http {

/// Of one shard. It has the rights its client had when it was opened: the broker asks about them again where they may
/// have changed, and takes subscriptions away that are not allowed any more.
class Receiver {
 public:
  explicit Receiver(Here& here) noexcept : here_(here) {}
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;
  virtual ~Receiver() { close(); }

  /// counts: as a session, of which its client may have a limited number. TRELLIS_OK, TRELLIS_QUOTA,
  /// TRELLIS_UNAVAILABLE.
  trellis_status open(const Call& call, const Caller& caller, bool counts);
  /// flags: TRELLIS_SUBSCRIBE_…. As the broker answers.
  trellis_status subscribe(std::string_view filter, std::uint32_t qos, std::uint32_t flags);
  void close() noexcept;
  void hold(std::uint64_t delay_ms) const noexcept;
  bool open() const noexcept { return subscriber_ != nullptr; }

  bool replaying() const noexcept { return stats().replaying != 0; }
  std::uint64_t queued() const noexcept { return stats().queued; }
  /// Whether it has all subscriptions that it was given.
  bool complete() const noexcept { return open() && stats().subscriptions >= subscriptions_; }

 protected:
  /// False: it cannot be passed on. May not close anything.
  virtual bool on_message(const trellis_delivery& delivery) = 0;
  /// The broker ended it.
  virtual void on_lost() = 0;
  Here& here() const noexcept { return here_; }

 private:
  static const trellis_receiver& table() noexcept;
  void deliver(const trellis_delivery* deliveries, std::uint32_t count);
  void lost();
  trellis_subscriber_stats stats() const noexcept;

  Here& here_;
  trellis_subscriber* subscriber_ = nullptr;
  std::uint32_t subscriptions_ = 0;
};

/// Text that nobody guesses: 32 hexadecimal digits.
std::string random_text();

/// How a refused subscription is answered.
Problem subscribe_problem(trellis_status status, std::string_view filter);

}  // namespace mqtt_http

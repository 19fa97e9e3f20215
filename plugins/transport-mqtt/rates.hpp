/// Rates: how many of something, and how many bytes, may pass per second.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace trellis::mqtt {

/// What is limited by the second. The names are labels of trellis_mqtt_rate_limited_total.
enum class Rated : std::uint8_t { publishes, publish_bytes, deliveries, delivery_bytes, subscribes, connects };
inline constexpr std::size_t kRated = 6;
inline constexpr std::string_view kRatedNames[kRated] = {"publishes",      "publish_bytes", "deliveries",
                                                         "delivery_bytes", "subscribes",    "connects"};

/// A rate of each, per second; 0 is no limit.
using Rates = std::array<std::uint32_t, kRated>;

/// A bucket of tokens that holds what comes in one second, kept as the time at which it is full again. Any thread may
/// take from it: an exchange per batch, no lock.
class Bucket {
 public:
  /// Takes what may not be there yet. Answers the milliseconds until it is.
  std::uint64_t charge(std::uint32_t per_second, std::uint64_t amount, std::uint64_t now_ms) noexcept {
    if (per_second == 0 || amount == 0) return 0;
    std::uint64_t before = full_at_ns_.load(std::memory_order_relaxed);
    std::uint64_t after = 0;
    do {
      after = advanced(before, per_second, amount, now_ms);
    } while (!full_at_ns_.compare_exchange_weak(before, after, std::memory_order_relaxed));
    const std::uint64_t paid = now_ms * kMs + kSecond;
    return after <= paid ? 0 : (after - paid + kMs - 1) / kMs;
  }

  /// Takes one if it is there.
  bool take(std::uint32_t per_second, std::uint64_t now_ms) noexcept {
    if (per_second == 0) return true;
    std::uint64_t before = full_at_ns_.load(std::memory_order_relaxed);
    std::uint64_t after = 0;
    do {
      after = advanced(before, per_second, 1, now_ms);
      if (after > now_ms * kMs + kSecond) return false;
    } while (!full_at_ns_.compare_exchange_weak(before, after, std::memory_order_relaxed));
    return true;
  }

  /// Milliseconds until what was taken is there.
  std::uint64_t owed_ms(std::uint64_t now_ms) const noexcept {
    const std::uint64_t full_at = full_at_ns_.load(std::memory_order_relaxed);
    const std::uint64_t paid = now_ms * kMs + kSecond;
    return full_at <= paid ? 0 : (full_at - paid + kMs - 1) / kMs;
  }
  bool full(std::uint64_t now_ms) const noexcept { return full_at_ns_.load(std::memory_order_relaxed) <= now_ms * kMs; }

  void fill() noexcept { full_at_ns_.store(0, std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t kMs = 1'000'000;
  static constexpr std::uint64_t kSecond = 1000 * kMs;
  static std::uint64_t advanced(std::uint64_t full_at_ns, std::uint64_t per_second, std::uint64_t amount,
                                std::uint64_t now_ms) noexcept {
    return std::max(full_at_ns, now_ms * kMs) + amount * kSecond / per_second;
  }

  std::atomic<std::uint64_t> full_at_ns_{0};
};

using Buckets = std::array<Bucket, kRated>;

/// When each of the clients that connected last may do so again. What it knows of one may be forgotten for another: it
/// takes no more room for more clients, and somebody who is forgotten is let in.
class ConnectRates {
 public:
  /// Whether a client may connect now.
  bool take(std::size_t client, std::uint32_t per_second, std::uint64_t now_ms) noexcept {
    Place& place = places_[client % places_.size()];
    if (place.client != client) place.bucket.fill();
    place.client = client;
    return place.bucket.take(per_second, now_ms);
  }

 private:
  struct Place {
    std::size_t client = 0;
    Bucket bucket;
  };
  std::array<Place, 4096> places_{};
};

}  // namespace trellis::mqtt

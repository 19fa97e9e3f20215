/// Whether a client takes what is sent to it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace transport_http {

/// Looked at while output waits. Somebody who takes none of it for that long keeps the connection for nothing.
class TakenOutput {
 public:
  void sent(std::size_t bytes) noexcept { sent_ += bytes; }
  /// unsent: what the network has not taken yet of all that was sent.
  bool stalled(std::size_t unsent, std::uint64_t now_ms, std::chrono::milliseconds limit) noexcept {
    const std::uint64_t taken = sent_ - unsent;
    if (taken != taken_ || since_ms_ == 0) {
      taken_ = taken;
      since_ms_ = now_ms;
    }
    return now_ms - since_ms_ >= static_cast<std::uint64_t>(limit.count());
  }
  /// Nothing waits any more.
  void flows() noexcept { since_ms_ = 0; }

 private:
  std::uint64_t sent_ = 0;
  std::uint64_t taken_ = 0;
  std::uint64_t since_ms_ = 0;
};

}  // namespace transport_http

// What an answer of a peer, or none, means for a delivery.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/handler.hpp>

namespace peer_link {

enum class Outcome : std::uint8_t { delivered, retry, refused };

struct Verdict {
  Outcome outcome = Outcome::delivered;
  trellis::Cause cause = trellis::Cause::none;
  std::uint32_t code = 0;                // the peer's own
  std::chrono::milliseconds after = {};  // retry: the least
  std::string reason = {};

  static Verdict retry(trellis::Cause cause, std::string reason, std::chrono::milliseconds after = {}) {
    return {Outcome::retry, cause, 0, after, std::move(reason)};
  }
  static Verdict refused(trellis::Cause cause, std::string reason) {
    return {Outcome::refused, cause, 0, {}, std::move(reason)};
  }

  void settle(trellis::Settlement& settlement) const noexcept;
};

/// The wait that goes with what passes, where nothing says otherwise.
inline constexpr std::chrono::milliseconds kUsualWait{10'000};

/// Whether another attempt to connect may help soon. Otherwise somebody has to change something first.
bool passes_soon(trellis::Cause cause) noexcept;

/// Of TRELLIS_DIAL_….
trellis::Cause dial_cause(std::uint32_t reason) noexcept;

/// What a peer said, fit for a log line: at most 200 bytes, and what is no visible ASCII as '?'.
std::string said(std::string_view text);

}  // namespace peer_link

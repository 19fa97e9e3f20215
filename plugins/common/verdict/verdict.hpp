// What came of a delivery: what a handler makes of an answer of its peer, or of none.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/handler.hpp>

namespace common {

enum class Outcome : std::uint8_t {
  delivered,
  retry,    // an attempt that failed: tried again
  refused,  // it will never be taken
  later,    // nothing was sent, and the peer is not to blame: no attempt
  awaited   // of a peer that was asked whether it wants events: it may consent yet
};

/// The wait that goes with what passes, where nothing says otherwise.
inline constexpr std::chrono::milliseconds kUsualWait{10'000};

/// When there may be room where too many wait, and how long nothing comes to who stops.
inline constexpr std::chrono::milliseconds kRoomWait{1'000};

struct Verdict {
  using Milliseconds = std::chrono::milliseconds;

  Outcome outcome = Outcome::delivered;
  trellis::Cause cause = trellis::Cause::none;
  std::uint32_t code = 0;   // the peer's own
  Milliseconds wait{0};     // of retry and later: the least; of awaited: the most
  std::string reason = {};  // for people, without secrets; of a consent what it is remembered by

  static Verdict delivered(std::uint32_t code = 0) { return {.code = code}; }
  static Verdict retry(trellis::Cause cause, std::string text, Milliseconds wait = Milliseconds(0)) {
    return {Outcome::retry, cause, 0, wait, std::move(text)};
  }
  static Verdict refused(trellis::Cause cause, std::string text) {
    return {Outcome::refused, cause, 0, Milliseconds(0), std::move(text)};
  }
  /// wait: no other event comes for the destination meanwhile, so that none is 0.
  static Verdict later(trellis::Cause cause, std::string text, Milliseconds wait) {
    return {Outcome::later, cause, 0, wait, std::move(text)};
  }
  /// Of what was not sent when this side stopped, or gave the destination up.
  static Verdict stopped(std::string text = "the handler stops") {
    return later(trellis::Cause::canceled, std::move(text), kRoomWait);
  }

  /// The same of what was sent, which makes an attempt of it.
  Verdict once_sent() const;
  void settle(trellis::Settlement& settlement) const noexcept;
};

/// Whether another attempt may help soon. Otherwise somebody has to change something first.
bool passes_soon(trellis::Cause cause) noexcept;

/// The wait of a retry: what passes soon is tried again as whoever has it delivered says.
std::chrono::milliseconds wait_for(trellis::Cause cause) noexcept;

/// Of a connection that was not made: reason is TRELLIS_DIAL_…, why its sentence, and who begins that of the verdict. A
/// peer that cannot be reached makes a failed attempt; limits and settings of this side make none.
Verdict judge_dial(std::uint32_t reason, std::string_view who, std::string_view why);

/// What a peer said, fit for a log line: at most 200 bytes, and what is no visible ASCII as '?'.
std::string said(std::string_view text);

}  // namespace common

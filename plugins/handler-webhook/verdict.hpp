// What an answer means for the events that were sent, and for when they are sent again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/handler.hpp>

#include "common/http/client.hpp"
#include "settings.hpp"

namespace hooks {

enum class Outcome {
  delivered,
  retry,
  refused,
  later,
  awaited  // of endpoints that were asked: somebody may consent yet
};

struct Verdict {
  Outcome outcome = Outcome::delivered;
  trellis::Cause cause = trellis::Cause::none;
  std::uint32_t code = 0;
  std::chrono::milliseconds after{0};  // retry, later
  std::string reason = {};             // of a consent what it is remembered by
  bool asked = false;                  // by Retry-After: nothing at all is to come before that

  void settle(trellis::Settlement& settlement) const;
};

/// When there may be room where too many requests wait.
inline constexpr std::chrono::milliseconds kRoomWait{1'000};

/// The wait that goes with what passes, and is not said otherwise.
inline constexpr std::chrono::milliseconds kUsualWait{10'000};

/// Of a status, in the profile's terms. `who` begins the reason: "POST https://hooks.example.org".
Verdict judge_status(std::uint32_t status, Profile profile, std::string_view who);

/// Of a complete answer, or of none. wall: Unix time, for dates in Retry-After.
Verdict judge(trellis::http::ClientResult& result, Profile profile, std::string_view who,
              std::chrono::milliseconds retry_after_max, std::chrono::milliseconds wall);

/// What Retry-After asks for: seconds, or a date. Nothing where it is neither.
std::optional<std::chrono::milliseconds> read_retry_after(std::string_view value, std::chrono::milliseconds wall);

}  // namespace hooks

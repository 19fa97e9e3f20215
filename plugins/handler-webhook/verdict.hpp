// What an answer means for the events that were sent, and for when they are sent again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/http/client.hpp"
#include "common/verdict/verdict.hpp"
#include "settings.hpp"

namespace hooks {

/// Of a status. `who` begins the reason: "POST https://hooks.example.org".
common::Verdict judge_status(std::uint32_t status, Receiver receiver, std::string_view who);

/// Of a complete answer, or of none. wall: Unix time, for dates in Retry-After. Who is busy and says for how long is
/// throttled.
common::Verdict judge(trellis::http::ClientResult& result, Receiver receiver, std::string_view who,
                      std::chrono::milliseconds retry_after_max, std::chrono::milliseconds wall);

/// What Retry-After asks for: seconds, or a date. Nothing where it is neither.
std::optional<std::chrono::milliseconds> read_retry_after(std::string_view value, std::chrono::milliseconds wall);

}  // namespace hooks

/// What the event API answers, written behind what a string has already.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "common/events/problem.hpp"
#include "common/events/route.hpp"

namespace events {

/// The answer to a publish, which some clients parse.
inline constexpr std::string_view kPublished = "{}";
inline constexpr std::string_view kAnswerType = "application/json; charset=utf-8";
/// The header that repeats the code of an error.
inline constexpr std::string_view kErrorCodeHeader = "x-ms-error-code";

struct Delivery {
  std::string_view lock_token;
  std::uint32_t delivery_count = 1;
  std::string_view event;  ///< in its stored form: spliced as it is
};

/// {"value": […]}, with one growth of the string.
void append_received(std::string& out, std::span<const Delivery> deliveries);

/// Why a token was not settled.
enum class TokenError : std::uint8_t { none, bad_token, token_lost, internal };

struct Settled {
  std::string_view token;  ///< as the client sent it, escapes undone
  TokenError error = TokenError::none;
  std::string_view message = {};  ///< empty: the usual one of that error
};

/// {"succeededLockTokens": […], "failedLockTokens": […]}: both always, each in the order of `tokens`.
void append_settled(std::string& out, std::span<const Settled> tokens, ApiVersion version);

/// {"error": {"code", "message", "target"?, "details": []}}. detailed: as the basic tier does it, with the same again
/// in the list: {"code", "message"}.
void append_error(std::string& out, const Problem& problem, bool detailed = false);
void append_error(std::string& out, std::string_view code, std::string_view message, std::string_view target = {},
                  bool detailed = false);

}  // namespace events

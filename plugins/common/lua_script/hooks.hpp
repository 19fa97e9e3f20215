// The functions of a script that plugins ask.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace lua {

enum class Hook : std::uint8_t {
  publish,
  deliver,
  timer,
  connect,
  subscribe,
  may_publish,
  may_receive,
  authenticate,
};
inline constexpr std::size_t kHookCount = 8;

/// What a function is called with. The views lie at these places of a state's stack.
enum class Argument : int { none = 0, message = 1, client = 2, event = 3, credentials = 4, text = 5 };

struct HookFacts {
  const char* name;
  const char* parameters;
  std::array<Argument, 2> arguments;
  const char* answers;  // what it may answer
};

inline constexpr std::array<HookFacts, kHookCount> kHooks{{
    {"on_publish",
     "message, client",
     {Argument::message, Argument::client},
     "nothing, true, false with a reason, or a table"},
    {"on_deliver",
     "message, client",
     {Argument::message, Argument::client},
     "nothing, true, false with a reason, or a table"},
    {"on_timer", "name", {Argument::text, Argument::none}, "nothing"},
    {"on_connect",
     "client",
     {Argument::client, Argument::none},
     "nothing, true, false with a reason, or a table of limits"},
    {"on_subscribe", "filter, client", {Argument::text, Argument::client}, "nothing, true, or false with a reason"},
    {"may_publish", "topic, client", {Argument::text, Argument::client}, "nothing, true, or false with a reason"},
    {"may_receive", "topic, client", {Argument::text, Argument::client}, "nothing, true, or false with a reason"},
    {"on_authenticate",
     "credentials",
     {Argument::credentials, Argument::none},
     "nothing, allow(name), or false with a reason"},
}};

/// What predicates ask where no function is named: on_event(event, arguments).
inline constexpr const char* kEventFunction = "on_event";

constexpr const HookFacts& facts(Hook hook) noexcept { return kHooks[static_cast<std::size_t>(hook)]; }
constexpr std::string_view name(Hook hook) noexcept { return facts(hook).name; }

constexpr std::optional<Hook> hook_named(std::string_view text) noexcept {
  for (std::size_t i = 0; i < kHookCount; ++i) {
    if (text == kHooks[i].name) return static_cast<Hook>(i);
  }
  return std::nullopt;
}

}  // namespace lua

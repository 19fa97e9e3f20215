// What callers get in place of a plugin's answer, where it cannot be asked.
#pragma once

#include <trellis/abi/handler.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/service.h>

#include <cstdint>
#include <string_view>
#include <trellis/hosting/instance.hpp>

namespace trellis::hosting::fallback {

/// verdict: of the kind's own numbers, as configured; of an authenticator or authorizer it denies or defers, of a stage
/// or predicate it passes or drops. why: a sentence for the log and whoever asked.
void authenticate(std::uint32_t verdict, std::string_view why, trellis_auth_answer* answer);
trellis_status admit(std::uint32_t verdict, std::string_view why, trellis_error* error);

/// The delivery was not attempted; it is worth trying again then. [any]
void settle(const Instance& instance, trellis_token token, std::uint64_t retry_ms, std::string_view why);
/// 503. [any]
void respond(const Instance& instance, trellis_token token, std::string_view why);

/// The plugin can be asked again: what was answered in place of an authorizer may be remembered, and is asked anew.
/// Nothing for other kinds. [any]
void forget(const Instance& instance);

}  // namespace trellis::hosting::fallback

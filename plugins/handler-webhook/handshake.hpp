// Asks an endpoint whether it wants what is to come.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/http/client.hpp"
#include "target.hpp"
#include "verdict.hpp"

namespace hooks {

/// Begins the reason of an endpoint that may still be told to consent: asking again is worth while.
inline constexpr std::string_view kAwaitingManualAction = "awaiting manual action";

/// The request that asks, without what proves who asks. code: what an endpoint of Event Grid's schema sends back.
trellis::http::ClientRequest handshake(const Target& target, std::string_view code, std::chrono::milliseconds wall);

/// What the answer says: delivered is consent. Not of requests that got none.
common::Verdict judge_handshake(const Target& target, const trellis::http::ClientResponse& answer,
                                std::string_view code);

}  // namespace hooks

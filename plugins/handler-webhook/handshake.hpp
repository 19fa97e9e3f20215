// Asks an endpoint whether it wants what is to come.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/consent/consent_desk.hpp"
#include "common/http/client.hpp"
#include "target.hpp"
#include "verdict.hpp"

namespace hooks {

/// Begins the reason of an endpoint that may still be told to consent: asking again is worth while.
inline constexpr std::string_view kAwaitingManualAction = "awaiting manual action";

/// What goes with the question.
struct Proof {
  std::string_view code;  // what an endpoint of Event Grid's schema sends back
  std::string_view link;  // the URL where the endpoint, or who runs it, may consent later; empty: there is none
};

/// The request that asks, without what proves who asks.
trellis::http::ClientRequest handshake(const Target& target, const Proof& proof, std::chrono::milliseconds wall);

/// What the answer says: delivered is consent. Not of requests that got none.
common::Verdict judge_handshake(const Target& target, const trellis::http::ClientResponse& answer, const Proof& proof);

/// Somebody called the link: delivered or refused.
common::Verdict judge_grant(const Target& target, const common::ConsentGrant& grant);

/// A consent of before counts again, if it was given to this origin.
void remember(const std::string& consent, Target& target);

}  // namespace hooks

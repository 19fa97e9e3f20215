#include "conditions.hpp"

#include <proton/disposition.h>

#include <algorithm>

namespace amqp {
namespace {

using common::Verdict;
using trellis::Cause;

struct Rule {
  std::string_view name;
  Cause cause;
  bool refused;  // of one delivery: the message is what is wrong, and always will be
};

// The README shows the same table. A rejection with another condition is a refusal, for so the standard means it; a
// link or connection that ends with another one is tried again.
constexpr Rule kRules[] = {
    {"amqp:unauthorized-access", Cause::unauthorized, false},
    {"amqp:not-found", Cause::not_found, false},
    {"amqp:not-allowed", Cause::forbidden, false},
    {"amqp:resource-limit-exceeded", Cause::full, false},
    {"amqp:resource-locked", Cause::busy, false},
    {"amqp:resource-deleted", Cause::not_found, false},
    {"amqp:internal-error", Cause::other, false},
    {"amqp:not-implemented", Cause::bad_request, false},
    {"amqp:precondition-failed", Cause::bad_request, true},
    {"amqp:invalid-field", Cause::bad_request, true},
    {"amqp:decode-error", Cause::bad_request, true},
    {"amqp:frame-size-too-small", Cause::too_large, true},
    {"amqp:link:message-size-exceeded", Cause::too_large, true},
    {"amqp:link:detach-forced", Cause::socket, false},
    {"amqp:link:stolen", Cause::socket, false},
    {"amqp:link:transfer-limit-exceeded", Cause::busy, false},
    {"amqp:link:redirect", Cause::other, false},
    {"amqp:connection:forced", Cause::socket, false},
    {"amqp:connection:framing-error", Cause::aborted, false},
    {"amqp:connection:redirect", Cause::other, false},
    {"amqp:session:window-violation", Cause::aborted, false},
    {"com.microsoft:server-busy", Cause::busy, false},
    {"com.microsoft:timeout", Cause::timed_out, false},
    {"com.microsoft:operation-cancelled", Cause::busy, false},
    {"com.microsoft:entity-disabled", Cause::disabled, false},
    {"com.microsoft:entity-not-found", Cause::not_found, false},
    {"com.microsoft:auth-failed", Cause::unauthorized, false},
    {"com.microsoft:argument-error", Cause::bad_request, true},
    {"com.microsoft:message-size-exceeded", Cause::too_large, true},
    // Of the library, where it does not understand the peer, or does not hear it any more.
    {"proton:io", Cause::socket, false},
};

const Rule* rule_of(std::string_view name) {
  const auto* const found =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& rule) { return rule.name == name; });
  return found == std::end(kRules) ? nullptr : found;
}

std::string_view text(const char* text) { return text == nullptr ? std::string_view() : text; }

std::string sentence(std::string_view who, std::string_view name, std::string_view description) {
  std::string out = std::string(who) + ": " + common::said(name);
  return description.empty() ? out : out + ": " + common::said(description);
}

}  // namespace

Verdict judge_end(std::string_view who, std::string_view name, std::string_view description) {
  const Rule* const rule = rule_of(name);
  const Cause cause = rule == nullptr ? Cause::other : rule->cause;
  return Verdict::retry(cause, sentence(who, name, description));
}

Verdict judge_end(std::string_view who, pn_condition_t* condition, std::string_view otherwise) {
  if (condition == nullptr || !pn_condition_is_set(condition)) {
    return Verdict::retry(Cause::socket, std::string(who) + ": " + std::string(otherwise));
  }
  return judge_end(who, text(pn_condition_get_name(condition)), text(pn_condition_get_description(condition)));
}

Verdict judge_outcome(std::string_view who, std::uint64_t state, pn_condition_t* condition) {
  if (state == PN_ACCEPTED) return Verdict::delivered();
  if (state == PN_RELEASED) return Verdict::retry(Cause::busy, std::string(who) + ": the event was released");
  if (state == PN_MODIFIED)
    return Verdict::retry(Cause::other, std::string(who) + ": the event was not taken (modified)");
  if (state != PN_REJECTED)
    return Verdict::retry(Cause::aborted, std::string(who) + ": the event was settled without an outcome");
  if (condition == nullptr || !pn_condition_is_set(condition)) {
    return Verdict::refused(Cause::bad_request, std::string(who) + ": the event was rejected, without a reason");
  }
  const std::string_view name = text(pn_condition_get_name(condition));
  const Rule* const rule = rule_of(name);
  std::string reason = sentence(who, name, text(pn_condition_get_description(condition)));
  if (rule == nullptr) return Verdict::refused(Cause::bad_request, std::move(reason));
  return rule->refused ? Verdict::refused(rule->cause, std::move(reason))
                       : Verdict::retry(rule->cause, std::move(reason));
}

}  // namespace amqp

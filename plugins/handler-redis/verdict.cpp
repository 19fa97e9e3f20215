#include "verdict.hpp"

namespace redis {
namespace {

using common::kUsualWait;
using common::Outcome;
using common::Verdict;
using trellis::Cause;

struct Rule {
  std::string_view begin;
  Outcome outcome;
  Cause cause;
  bool ends_connection = false;
};

// The first that fits. The README shows the same table.
constexpr Rule kRules[] = {
    {"LOADING ", Outcome::retry, Cause::busy},
    {"BUSY ", Outcome::retry, Cause::busy},
    {"TRYAGAIN ", Outcome::retry, Cause::busy},
    {"CLUSTERDOWN ", Outcome::retry, Cause::busy},
    {"MASTERDOWN ", Outcome::retry, Cause::busy},
    {"NOREPLICAS ", Outcome::retry, Cause::busy},
    {"ERR max number of clients", Outcome::retry, Cause::busy, true},
    {"READONLY ", Outcome::retry, Cause::busy, true},
    {"UNBLOCKED ", Outcome::retry, Cause::busy},
    {"OOM ", Outcome::retry, Cause::full},
    {"MISCONF ", Outcome::retry, Cause::full},
    {"NOAUTH ", Outcome::retry, Cause::unauthorized, true},
    {"WRONGPASS ", Outcome::retry, Cause::unauthorized, true},
    {"NOPERM ", Outcome::retry, Cause::forbidden},
    {"DENIED ", Outcome::retry, Cause::forbidden, true},
    {"MOVED ", Outcome::retry, Cause::not_found},
    {"ASK ", Outcome::retry, Cause::busy},
    {"CROSSSLOT ", Outcome::refused, Cause::bad_request},
    {"WRONGTYPE ", Outcome::refused, Cause::bad_request},
    {"ERR unknown command", Outcome::retry, Cause::disabled},
    {"ERR Protocol error", Outcome::retry, Cause::aborted, true},
    {"ERR ", Outcome::refused, Cause::bad_request},
};

const Rule* find(std::string_view text) {
  for (const Rule& rule : kRules) {
    if (text.starts_with(rule.begin)) return &rule;
  }
  return nullptr;
}

}  // namespace

Verdict judge_error(std::string_view text, std::string_view who) {
  const Rule* const rule = find(text);
  const Outcome outcome = rule != nullptr ? rule->outcome : Outcome::retry;
  return {outcome, rule != nullptr ? rule->cause : Cause::other, 0,
          outcome == Outcome::retry ? kUsualWait : std::chrono::milliseconds(0),
          std::string(who) + ": " + common::said(text)};
}

// Some servers repeat what they do not understand, and that was the password: only the first word is told.
Verdict judge_authentication(std::string_view text, std::string_view who) {
  Verdict verdict = judge_error(text, who);
  const std::string word = common::said(text.substr(0, text.find(' ')));
  verdict.reason = std::string(who) + ": does not take the user and password (" + word + ")";
  if (word == "ERR" && verdict.cause != Cause::busy) verdict.cause = Cause::unauthorized;
  verdict.outcome = Outcome::retry;
  verdict.wait = kUsualWait;
  return verdict;
}

bool ends_connection(std::string_view text) {
  const Rule* const rule = find(text);
  return rule != nullptr && rule->ends_connection;
}

}  // namespace redis

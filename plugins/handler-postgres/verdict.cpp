#include "verdict.hpp"

namespace postgres {
namespace {

using common::kUsualWait;
using common::Outcome;
using common::Verdict;
using trellis::Cause;

struct Rule {
  std::string_view begin;  // of the SQLSTATE
  Outcome outcome;
  Cause cause;
  bool of_row = false;
  bool ends_connection = false;
};

// The first that fits. The README shows the same table.
constexpr Rule kRules[] = {
    {"08", Outcome::retry, Cause::socket, false, true},
    {"57P01", Outcome::retry, Cause::socket, false, true},
    {"57P02", Outcome::retry, Cause::socket, false, true},
    {"57P03", Outcome::retry, Cause::busy, false, true},
    {"57P05", Outcome::retry, Cause::socket, false, true},
    {"57014", Outcome::retry, Cause::timed_out},
    {"25006", Outcome::retry, Cause::busy, false, true},
    {"25P03", Outcome::retry, Cause::socket, false, true},
    {"40", Outcome::retry, Cause::busy},
    {"55", Outcome::retry, Cause::busy},
    {"53100", Outcome::retry, Cause::full},
    {"53", Outcome::retry, Cause::busy},
    {"28", Outcome::retry, Cause::unauthorized, false, true},
    {"42501", Outcome::retry, Cause::forbidden},
    {"3D", Outcome::retry, Cause::not_found},
    {"3F", Outcome::retry, Cause::not_found},
    {"42P01", Outcome::retry, Cause::not_found},
    {"42703", Outcome::retry, Cause::not_found},
    {"22", Outcome::refused, Cause::bad_request, true},
    {"23", Outcome::refused, Cause::bad_request, true},
    {"44", Outcome::refused, Cause::bad_request, true},
    {"P0001", Outcome::refused, Cause::bad_request, true},
    {"54", Outcome::refused, Cause::too_large, true},
};

struct Words {
  std::string_view part;
  Cause cause;
};

// As the server's own messages have them, in English.
constexpr Words kWords[] = {
    {"password authentication failed", Cause::unauthorized},
    {"no password supplied", Cause::unauthorized},
    {"authentication failed", Cause::unauthorized},
    {"no pg_hba.conf entry", Cause::unauthorized},
    {"is not permitted to log in", Cause::unauthorized},
    {"permission denied", Cause::forbidden},
    {"certificate verify failed", Cause::forbidden},
    {"does not match host name", Cause::forbidden},
    {"root certificate file", Cause::forbidden},
    {"does not support SSL", Cause::forbidden},
    {"too many", Cause::busy},
    {"remaining connection slots", Cause::busy},
    {"is starting up", Cause::busy},
    {"is shutting down", Cause::busy},
    {"recovery mode", Cause::busy},
    {"role \"", Cause::unauthorized},
    {"database \"", Cause::not_found},
};

std::string first_line(std::string_view text) { return common::said(text.substr(0, text.find('\n'))); }

}  // namespace

Judged judge(std::string_view state, std::string_view message, std::string_view who) {
  // Without a SQLSTATE it is libpq that speaks: the connection broke.
  const std::string what = std::string(who) + ": " + first_line(message) +
                           (state.empty() ? std::string() : " (SQLSTATE " + std::string(state) + ")");
  if (state.empty()) return {Verdict::retry(Cause::socket, what), false, true};
  for (const Rule& rule : kRules) {
    if (!state.starts_with(rule.begin)) continue;
    if (rule.outcome == Outcome::refused)
      return {Verdict::refused(rule.cause, what), rule.of_row, rule.ends_connection};
    const bool soon = rule.cause == Cause::socket;
    return {Verdict::retry(rule.cause, what, soon ? std::chrono::milliseconds(0) : kUsualWait), rule.of_row,
            rule.ends_connection};
  }
  return {Verdict::retry(Cause::other, what, kUsualWait)};
}

Verdict judge_connection(std::string_view message, std::string_view who) {
  const std::string what = std::string(who) + ": " + first_line(message);
  for (const Words& words : kWords) {
    if (message.find(words.part) == std::string_view::npos) continue;
    return Verdict::retry(words.cause, what, common::wait_for(words.cause));
  }
  return Verdict::retry(Cause::socket, what);
}

}  // namespace postgres

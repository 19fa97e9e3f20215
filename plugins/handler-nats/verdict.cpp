#include "verdict.hpp"

#include <trellis/json.hpp>

namespace nats {
namespace {

using common::kUsualWait;
using common::Outcome;
using common::Verdict;
using trellis::Cause;

struct Rule {
  std::string_view begin;
  Cause cause;
};

// Of the connection. The README shows the same table.
constexpr Rule kRules[] = {
    {"authorization violation", Cause::unauthorized},
    {"authorization timeout", Cause::unauthorized},
    {"authentication timeout", Cause::unauthorized},
    {"authentication expired", Cause::unauthorized},
    {"user authentication expired", Cause::unauthorized},
    {"user authentication revoked", Cause::unauthorized},
    {"account authentication expired", Cause::unauthorized},
    {"secure connection - tls required", Cause::forbidden},
    {"maximum connections exceeded", Cause::busy},
    {"maximum account", Cause::busy},
    {"slow consumer", Cause::busy},
    {"stale connection", Cause::timed_out},
    {"server shutdown", Cause::busy},
};

constexpr std::string_view kMayNotPublish = "permissions violation for publish to ";

struct AckRule {
  std::int64_t error;  // err_code
  Outcome outcome;
  Cause cause;
};
constexpr AckRule kAckRules[] = {
    {10023, Outcome::retry, Cause::full},         // insufficient resources
    {10047, Outcome::retry, Cause::full},         // insufficient storage resources
    {10077, Outcome::retry, Cause::full},         // maximum messages or bytes of the stream
    {10028, Outcome::retry, Cause::full},         // memory of the account
    {10002, Outcome::retry, Cause::full},         // limits of the account
    {10054, Outcome::refused, Cause::too_large},  // larger than the stream takes
    {10039, Outcome::retry, Cause::disabled},     // JetStream not enabled for the account
    {10076, Outcome::retry, Cause::disabled},     // JetStream not enabled
    {10059, Outcome::retry, Cause::not_found},    // no such stream
};

std::string small(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Verdict judge_ack_error(const trellis::json::Value& error, std::string_view who) {
  const auto number = [&](std::string_view name) {
    const auto* found = error.find(name);
    return found != nullptr ? found->integer : 0;
  };
  const std::int64_t code = number("code");
  const std::int64_t detail = number("err_code");
  const auto* description = error.find("description");
  Outcome outcome = code == 400 ? Outcome::refused : Outcome::retry;
  Cause cause = code == 400 ? Cause::bad_request : code == 503 ? Cause::busy : Cause::other;
  for (const AckRule& rule : kAckRules) {
    if (rule.error != detail) continue;
    outcome = rule.outcome;
    cause = rule.cause;
  }
  return {outcome, cause, static_cast<std::uint32_t>(detail),
          outcome == Outcome::retry ? kUsualWait : std::chrono::milliseconds(0),
          std::string(who) + ": the stream says: " +
              common::said(description != nullptr ? std::string_view(description->text) : "nothing")};
}

}  // namespace

ServerError judge_error(std::string_view text, std::string_view who) {
  const std::string words = small(text);
  const std::string reason = std::string(who) + ": " + common::said(text);
  if (words.starts_with(kMayNotPublish)) {
    const std::size_t begin = text.find('"');
    const std::size_t end = text.rfind('"');
    const std::string subject(begin < end ? text.substr(begin + 1, end - begin - 1) : std::string_view());
    return {Verdict::retry(Cause::forbidden, reason, kUsualWait), subject};
  }
  // Inboxes are the only thing subscribed to, and confirmations come there.
  if (words.starts_with("permissions violation")) return {Verdict::retry(Cause::forbidden, reason, kUsualWait)};
  for (const Rule& rule : kRules) {
    if (words.starts_with(rule.begin)) {
      return {Verdict::retry(rule.cause, reason, common::wait_for(rule.cause))};
    }
  }
  return {Verdict::retry(Cause::other, reason, kUsualWait)};
}

std::optional<Verdict> judge_ack(std::string_view json, std::string_view who) {
  const auto read = trellis::json::parse(json);
  if (!read) return std::nullopt;
  if (const auto* error = read->find("error")) return judge_ack_error(*error, who);
  const auto* stream = read->find("stream");
  const auto* sequence = read->find("seq");
  const bool stored = stream != nullptr && stream->type == trellis::json::Type::text && sequence != nullptr &&
                      sequence->type == trellis::json::Type::integer && sequence->integer > 0;
  if (!stored) return std::nullopt;
  return Verdict::delivered();
}

}  // namespace nats

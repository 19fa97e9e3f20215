#include "verdict.hpp"

#include <array>
#include <string>

namespace mqtt_out {
namespace {

using common::kUsualWait;
using common::Outcome;
using common::Verdict;
using trellis::Cause;
using trellis::mqtt::Reason;

struct Rule {
  Reason reason;
  Outcome outcome;
  Cause cause;
  std::string_view name;
};

// Of connections. The README shows the same tables.
constexpr Rule kConnections[] = {
    {Reason::bad_credentials, Outcome::retry, Cause::unauthorized, "bad user name or password"},
    {Reason::not_authorized, Outcome::retry, Cause::unauthorized, "not authorized"},
    {Reason::bad_authentication_method, Outcome::retry, Cause::unauthorized, "bad authentication method"},
    {Reason::banned, Outcome::retry, Cause::forbidden, "banned"},
    {Reason::unsupported_version, Outcome::retry, Cause::disabled, "unsupported protocol version"},
    {Reason::client_id_not_valid, Outcome::retry, Cause::bad_request, "client identifier not valid"},
    {Reason::server_unavailable, Outcome::retry, Cause::busy, "server unavailable"},
    {Reason::server_busy, Outcome::retry, Cause::busy, "server busy"},
    {Reason::server_shutting_down, Outcome::retry, Cause::busy, "server shutting down"},
    {Reason::connection_rate_exceeded, Outcome::retry, Cause::busy, "connection rate exceeded"},
    {Reason::message_rate_too_high, Outcome::retry, Cause::busy, "message rate too high"},
    {Reason::quota_exceeded, Outcome::retry, Cause::busy, "quota exceeded"},
    {Reason::keep_alive_timeout, Outcome::retry, Cause::timed_out, "keep alive timeout"},
    {Reason::use_another_server, Outcome::retry, Cause::not_found, "use another server"},
    {Reason::server_moved, Outcome::retry, Cause::not_found, "server moved"},
    {Reason::session_taken_over, Outcome::retry, Cause::other,
     "session taken over: somebody has the same client identifier"},
};

constexpr Rule kPublishes[] = {
    {Reason::not_authorized, Outcome::retry, Cause::forbidden, "not authorized to publish to the topic"},
    {Reason::topic_name_invalid, Outcome::refused, Cause::bad_request, "topic name invalid"},
    {Reason::payload_format_invalid, Outcome::refused, Cause::bad_request, "payload format invalid"},
    {Reason::quota_exceeded, Outcome::retry, Cause::full, "quota exceeded"},
    {Reason::packet_id_in_use, Outcome::retry, Cause::aborted, "packet identifier in use"},
    {Reason::packet_id_not_found, Outcome::retry, Cause::aborted, "packet identifier not found"},
};

template <std::size_t Count>
Verdict judge(const Rule (&rules)[Count], Reason reason, std::string_view text, std::string_view who) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  const auto code = static_cast<std::uint8_t>(reason);
  const Rule* found = nullptr;
  for (const Rule& rule : rules) {
    if (rule.reason == reason) found = &rule;
  }
  std::string what = std::string(who) + ": " + std::string(found != nullptr ? found->name : "refused") + " (code 0x" +
                     std::string{kHex[code >> 4U], kHex[code & 15U]} + ")";
  if (!text.empty()) what += ": " + common::said(text);
  const Outcome outcome = found != nullptr ? found->outcome : Outcome::retry;
  const Cause cause = found != nullptr ? found->cause : Cause::other;
  const bool soon = outcome == Outcome::refused || cause == Cause::timed_out;
  return {outcome, cause, code, soon ? std::chrono::milliseconds(0) : kUsualWait, std::move(what)};
}

}  // namespace

std::uint8_t code_of_version_3(std::uint8_t code) noexcept {
  constexpr std::array<Reason, 6> kCodes = {
      Reason::success,         Reason::unsupported_version, Reason::client_id_not_valid, Reason::server_unavailable,
      Reason::bad_credentials, Reason::not_authorized};
  return static_cast<std::uint8_t>(code < kCodes.size() ? kCodes[code] : Reason::unspecified);
}

Verdict judge_connection(std::uint8_t code, std::string_view text, std::string_view who) {
  return judge(kConnections, static_cast<Reason>(code), text, who);
}

Verdict judge_publish(Reason reason, std::string_view who) {
  if (!trellis::mqtt::failed(reason)) return Verdict::delivered();
  return judge(kPublishes, reason, {}, who);
}

}  // namespace mqtt_out

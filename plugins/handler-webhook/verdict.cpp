#include "verdict.hpp"

#include <algorithm>
#include <charconv>

#include "common/http/characters.hpp"
#include "common/http/date.hpp"

namespace hooks {
namespace {

using common::kUsualWait;
using common::Outcome;
using common::Verdict;
using std::chrono::milliseconds;
using trellis::Cause;
using trellis::http::ClientError;
using trellis::http::ClientResult;
using trellis::http::Failure;

constexpr milliseconds kWaitAfterTimeout{120'000};  // 408
constexpr milliseconds kWaitWhenBusy{30'000};       // 503

struct Rule {
  std::uint32_t status;
  Outcome outcome;
  Cause cause;
  milliseconds wait;
};

// Those that are not like the others of their hundred. The README shows the same table.
constexpr Rule kRules[] = {
    {400, Outcome::refused, Cause::bad_request, {}},
    {401, Outcome::refused, Cause::unauthorized, {}},
    {403, Outcome::refused, Cause::forbidden, {}},
    {404, Outcome::retry, Cause::not_found, kUsualWait},
    {408, Outcome::retry, Cause::timed_out, kWaitAfterTimeout},
    {410, Outcome::refused, Cause::disabled, {}},
    {413, Outcome::refused, Cause::too_large, {}},
    {414, Outcome::refused, Cause::other, {}},
    {429, Outcome::retry, Cause::busy, kUsualWait},
    {503, Outcome::retry, Cause::busy, kWaitWhenBusy},
    {504, Outcome::retry, Cause::timed_out, kUsualWait},
    {507, Outcome::retry, Cause::full, kUsualWait},
};

constexpr milliseconds kWaitForMending{300'000};
constexpr milliseconds kWaitForFunction{600'000};

// Of resources of Azure, before the others. The README of handler-function shows them.
constexpr Rule kResourceRules[] = {
    {401, Outcome::retry, Cause::unauthorized, kWaitForMending},
    {404, Outcome::retry, Cause::not_found, kWaitForMending},
};

template <std::size_t Size>
const Rule* find(const Rule (&rules)[Size], std::uint32_t status) {
  const auto* const found =
      std::find_if(std::begin(rules), std::end(rules), [&](const Rule& rule) { return rule.status == status; });
  return found == std::end(rules) ? nullptr : found;
}

const Rule* rule_of(std::uint32_t status, Receiver receiver) {
  const Rule* const found = receiver == Receiver::azure_resource ? find(kResourceRules, status) : nullptr;
  return found != nullptr ? found : find(kRules, status);
}

// What the trigger of Event Grid says where the app has no such function, or one with another trigger. Any other 404
// may be of an app that is about to start.
bool has_no_function(const trellis::http::ClientResponse& answer, Receiver receiver) {
  return receiver == Receiver::azure_resource && answer.status == 404 &&
         answer.body.starts_with("cannot find function: ");
}

/// Of requests that got no answer. What was not sent, or whose answer nobody waits for any more, is no attempt.
Verdict judge_failure(const ClientError& error) {
  const auto passing = [&](Cause cause) { return Verdict::retry(cause, error.text, kUsualWait); };
  switch (error.failure) {
    case Failure::request:
      return Verdict::refused(Cause::bad_request, error.text);
    case Failure::full:
      return Verdict::later(Cause::busy, error.text, common::kRoomWait);
    case Failure::name:
      return passing(Cause::resolution);
    case Failure::forbidden:
      return passing(Cause::forbidden);
    case Failure::connect:
    case Failure::layer:
    case Failure::closed:
      return passing(Cause::socket);
    case Failure::timeout:
      return passing(Cause::timed_out);
    case Failure::malformed:
    case Failure::too_large:
    case Failure::redirect:
      return passing(Cause::aborted);
    case Failure::stopped:
      return Verdict::stopped(error.text);
    case Failure::settings:
      break;
  }
  return Verdict::later(Cause::other, error.text, kUsualWait);
}

}  // namespace

Verdict judge_status(std::uint32_t status, Receiver receiver, std::string_view who) {
  if (status >= 200 && status <= 204) return Verdict::delivered(status);
  Verdict verdict{Outcome::retry, Cause::other, status, kUsualWait,
                  std::string(who) + ": status " + std::to_string(status)};
  if (status >= 300 && status < 400) verdict.reason += ", and redirects are not followed";
  const Rule* const found = rule_of(status, receiver);
  if (found == nullptr) return verdict;
  verdict.outcome = found->outcome;
  verdict.cause = found->cause;
  verdict.wait = verdict.outcome == Outcome::retry ? found->wait : milliseconds(0);
  return verdict;
}

Verdict judge(ClientResult& result, Receiver receiver, std::string_view who, milliseconds retry_after_max,
              milliseconds wall) {
  if (!result) return judge_failure(result.error());
  Verdict verdict = judge_status(result->status, receiver, who);
  if (has_no_function(*result, receiver)) {
    verdict.wait = kWaitForFunction;
    verdict.reason += ", the app has no such function with an Event Grid trigger";
  }
  if (verdict.outcome != Outcome::retry) return verdict;
  if (const auto asked = read_retry_after(result->header("retry-after"), wall)) {
    verdict.wait = std::max(verdict.wait, std::min(*asked, retry_after_max));
    // Nothing at all is to come before that.
    if (verdict.cause == Cause::busy) verdict.cause = Cause::throttled;
  }
  return verdict;
}

std::optional<milliseconds> read_retry_after(std::string_view value, milliseconds wall) {
  value = trellis::http::trim(value);
  if (value.empty()) return std::nullopt;
  if (trellis::http::is_digit(value.front())) {
    std::int64_t seconds = 0;
    const char* const last = value.data() + value.size();
    const auto [end, error] = std::from_chars(value.data(), last, seconds);
    if (end != last) return std::nullopt;
    // Whoever writes more digits than that means a long time.
    static constexpr std::int64_t kMost = std::int64_t{1} << 32;
    return milliseconds(1000 * (error == std::errc() ? std::min(seconds, kMost) : kMost));
  }
  const auto at = trellis::http::parse_date(value);
  if (!at) return std::nullopt;
  return std::max(milliseconds(*at) - wall, milliseconds(0));
}

}  // namespace hooks

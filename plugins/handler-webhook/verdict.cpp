#include "verdict.hpp"

#include <algorithm>
#include <charconv>

#include "common/http/characters.hpp"
#include "common/http/date.hpp"

namespace hooks {
namespace {

using std::chrono::milliseconds;
using trellis::Cause;
using trellis::http::ClientError;
using trellis::http::ClientResult;
using trellis::http::Failure;

constexpr milliseconds kWaitAfterTimeout{120'000};  // 408
constexpr milliseconds kWaitWhenBusy{30'000};       // 503

struct Rule {
  std::uint32_t status;
  Outcome durable;
  Outcome service;
  Cause cause;
  milliseconds after;
};

// Those that are not like the others of their hundred. The README shows the same table.
constexpr Rule kRules[] = {
    {400, Outcome::refused, Outcome::refused, Cause::bad_request, {}},
    {401, Outcome::refused, Outcome::refused, Cause::unauthorized, {}},
    {403, Outcome::refused, Outcome::refused, Cause::forbidden, {}},
    {404, Outcome::retry, Outcome::refused, Cause::not_found, kUsualWait},
    {408, Outcome::retry, Outcome::retry, Cause::timed_out, kWaitAfterTimeout},
    {410, Outcome::refused, Outcome::refused, Cause::disabled, {}},
    {413, Outcome::refused, Outcome::refused, Cause::too_large, {}},
    {414, Outcome::refused, Outcome::refused, Cause::other, {}},
    {429, Outcome::retry, Outcome::retry, Cause::busy, kUsualWait},
    {503, Outcome::retry, Outcome::retry, Cause::busy, kWaitWhenBusy},
    {504, Outcome::retry, Outcome::retry, Cause::timed_out, kUsualWait},
    {507, Outcome::retry, Outcome::retry, Cause::full, kUsualWait},
};

/// Of requests that got no answer. What the receiver had a part in is judged by the profile; what was not sent, or
/// whose answer nobody waits for any more, is no attempt.
Verdict judge_failure(const ClientError& error, Profile profile) {
  const Outcome passing = profile == Profile::durable ? Outcome::retry : Outcome::refused;
  const auto made = [&](Outcome outcome, Cause cause, milliseconds after = kUsualWait) {
    return Verdict{outcome, cause, 0, outcome == Outcome::refused ? milliseconds(0) : after, error.text};
  };
  switch (error.failure) {
    case Failure::request:
      return made(Outcome::refused, Cause::bad_request);
    case Failure::full:
      return made(Outcome::later, Cause::busy, kRoomWait);
    case Failure::name:
      return made(passing, Cause::resolution);
    case Failure::forbidden:
      return made(passing, Cause::forbidden);
    case Failure::connect:
    case Failure::layer:
    case Failure::closed:
      return made(passing, Cause::socket);
    case Failure::timeout:
      return made(passing, Cause::timed_out);
    case Failure::malformed:
    case Failure::too_large:
    case Failure::redirect:
      return made(Outcome::retry, Cause::aborted);
    case Failure::stopped:
      return made(Outcome::later, Cause::canceled, {});
    case Failure::settings:
      break;
  }
  return made(Outcome::later, Cause::other);
}

}  // namespace

void Verdict::settle(trellis::Settlement& settlement) const {
  const bool throttled = asked && cause == Cause::busy;
  const trellis::DeliveryFault fault{.reason = reason, .cause = throttled ? Cause::throttled : cause, .code = code};
  switch (outcome) {
    case Outcome::delivered:
      return reason.empty() ? settlement.delivered() : settlement.consented(reason);
    case Outcome::retry:
      return settlement.retry(fault, after);
    case Outcome::refused:
      return settlement.refused(fault);
    case Outcome::later:
      return settlement.later(fault, after);
    case Outcome::awaited:
      return settlement.awaited(fault, after);
  }
}

Verdict judge_status(std::uint32_t status, Profile profile, std::string_view who) {
  if (status >= 200 && status <= 204) return {.code = status};
  Verdict verdict{Outcome::retry, Cause::other, status, kUsualWait,
                  std::string(who) + ": status " + std::to_string(status)};
  if (status >= 300 && status < 400) verdict.reason += ", and redirects are not followed";
  const auto* const found =
      std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& rule) { return rule.status == status; });
  if (found == std::end(kRules)) return verdict;
  verdict.outcome = profile == Profile::durable ? found->durable : found->service;
  verdict.cause = found->cause;
  verdict.after = verdict.outcome == Outcome::retry ? found->after : milliseconds(0);
  return verdict;
}

Verdict judge(ClientResult& result, Profile profile, std::string_view who, milliseconds retry_after_max,
              milliseconds wall) {
  if (!result) return judge_failure(result.error(), profile);
  Verdict verdict = judge_status(result->status, profile, who);
  if (verdict.outcome != Outcome::retry) return verdict;
  if (const auto asked = read_retry_after(result->header("retry-after"), wall)) {
    verdict.after = std::max(verdict.after, std::min(*asked, retry_after_max));
    verdict.asked = true;
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

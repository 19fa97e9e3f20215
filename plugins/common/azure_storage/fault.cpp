#include "common/azure_storage/fault.hpp"

#include <algorithm>
#include <iterator>

#include "common/azure_storage/xml.hpp"
#include "common/http/characters.hpp"

namespace azure_storage {
namespace {

using common::Outcome;
using common::Verdict;
using std::chrono::milliseconds;
using trellis::Cause;
using trellis::http::ClientError;
using trellis::http::ClientResponse;
using trellis::http::ClientResult;
using trellis::http::Failure;

constexpr milliseconds kUsual{0};  // as the schedule says
constexpr milliseconds kBusy{30'000};
constexpr milliseconds kTimeout{120'000};
constexpr milliseconds kMended{300'000};  // somebody has to do something about it first

struct Rule {
  std::uint32_t status;
  std::string_view code;  // empty: all others of that status
  Outcome outcome;
  Cause cause;
  milliseconds wait;
};

// The README of handler-storage-queue shows the same table.
constexpr Rule kRules[] = {
    {400, "RequestBodyTooLarge", Outcome::refused, Cause::too_large, {}},
    {400, "MessageTooLarge", Outcome::refused, Cause::too_large, {}},
    {400, "", Outcome::refused, Cause::bad_request, {}},
    {401, "", Outcome::retry, Cause::unauthorized, kMended},
    {403, "AuthenticationFailed", Outcome::retry, Cause::unauthorized, kMended},
    {403, "AccountIsDisabled", Outcome::retry, Cause::disabled, kMended},
    {403, "", Outcome::retry, Cause::forbidden, kMended},
    {404, "", Outcome::retry, Cause::not_found, kMended},
    {408, "", Outcome::retry, Cause::timed_out, kTimeout},
    {409, "QueueBeingDeleted", Outcome::retry, Cause::not_found, kBusy},
    {409, "ContainerBeingDeleted", Outcome::retry, Cause::not_found, kBusy},
    {409, "QueueDisabled", Outcome::retry, Cause::disabled, kMended},
    {409, "ContainerDisabled", Outcome::retry, Cause::disabled, kMended},
    {409, "", Outcome::retry, Cause::busy, kUsual},
    {413, "", Outcome::refused, Cause::too_large, {}},
    {429, "", Outcome::retry, Cause::busy, kUsual},
    {500, "OperationTimedOut", Outcome::retry, Cause::timed_out, kUsual},
    {503, "", Outcome::retry, Cause::busy, kBusy},
    {504, "", Outcome::retry, Cause::timed_out, kUsual},
    {507, "", Outcome::retry, Cause::full, kUsual},
};

Verdict judge_failure(const ClientError& error, std::string_view who) {
  std::string text = std::string(who) + ": " + error.text;
  switch (error.failure) {
    case Failure::request:
      return Verdict::refused(Cause::bad_request, std::move(text));
    case Failure::full:
      return Verdict::later(Cause::busy, std::move(text), common::kRoomWait);
    case Failure::name:
      return Verdict::retry(Cause::resolution, std::move(text));
    case Failure::forbidden:
      return Verdict::retry(Cause::forbidden, std::move(text));
    case Failure::connect:
    case Failure::layer:
    case Failure::closed:
      return Verdict::retry(Cause::socket, std::move(text));
    case Failure::timeout:
      return Verdict::retry(Cause::timed_out, std::move(text));
    case Failure::malformed:
    case Failure::too_large:
    case Failure::redirect:
      return Verdict::retry(Cause::aborted, std::move(text));
    case Failure::stopped:
      return Verdict::stopped(std::move(text));
    case Failure::settings:
      break;
  }
  return Verdict::later(Cause::other, std::move(text), common::kUsualWait);
}

}  // namespace

std::string_view error_code(const ClientResponse& answer) {
  static constexpr std::size_t kLongest = 64;
  std::string_view code = answer.header("x-ms-error-code");
  if (code.empty()) code = element(answer.body, "Code");
  // It goes into logs: what no code looks like does not.
  const bool word =
      std::ranges::all_of(code, [](char c) { return trellis::http::is_alpha(c) || trellis::http::is_digit(c); });
  return word && code.size() <= kLongest ? code : std::string_view();
}

Verdict judge(ClientResult& result, std::string_view who) {
  if (!result) return judge_failure(result.error(), who);
  const std::uint32_t status = result->status;
  if (status >= 200 && status < 300) return Verdict::delivered(status);
  const std::string_view code = error_code(*result);
  const Cause usual = status >= 400 && status < 500 ? Cause::bad_request : Cause::other;
  Verdict verdict{Outcome::retry, usual, status, kUsual, std::string(who) + ": status " + std::to_string(status)};
  if (!code.empty()) verdict.reason += " (" + std::string(code) + ")";
  const auto* const found = std::find_if(std::begin(kRules), std::end(kRules), [&](const Rule& rule) {
    return rule.status == status && (rule.code.empty() || rule.code == code);
  });
  if (found == std::end(kRules)) return verdict;
  verdict.outcome = found->outcome;
  verdict.cause = found->cause;
  verdict.wait = found->wait;
  return verdict;
}

}  // namespace azure_storage

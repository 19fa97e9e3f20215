#include "handshake.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <trellis/json.hpp>

#include "common/http/characters.hpp"
#include "common/stamp/utc_time.hpp"

namespace hooks {
namespace {

using common::Outcome;
using common::Verdict;
using std::chrono::milliseconds;
using trellis::Cause;
using trellis::http::ClientRequest;
using trellis::http::ClientResponse;
using trellis::http::equals_ignoring_case;
using trellis::json::quote;

Verdict refused(const Target& target, const ClientResponse& answer, std::string_view why) {
  return {Outcome::refused, Cause::forbidden, answer.status, milliseconds(0),
          target.url.origin() + " does not consent to deliveries: " + std::string(why)};
}

Verdict awaiting(const Target& target, const ClientResponse& answer, std::string_view what) {
  return {Outcome::awaited, Cause::none, answer.status, common::kUsualWait,
          std::string(kAwaitingManualAction) + ": " + target.url.origin() + " " + std::string(what)};
}

constexpr std::string_view kOrigin = "origin";
constexpr std::string_view kAllowedRate = "allowedRate";

// What a consent is remembered by: to whom it was given, and how much.
std::string note_of(const Target& target, std::optional<std::uint32_t> rate) {
  std::string note = "{" + quote(kOrigin) + ":" + quote(target.origin);
  if (rate) note += "," + quote(kAllowedRate) + ":" + std::to_string(*rate);
  return note + "}";
}

// With the rate that it granted. The number is of requests per minute; 0 is as many as there are.
Verdict consent(const Target& target, std::uint32_t status, std::string_view value) {
  Verdict verdict{.code = status, .reason = note_of(target, std::nullopt)};
  if (!target.obey_rate) return verdict;
  std::uint32_t rate = 0;
  value = trellis::http::trim(value);
  const char* const last = value.data() + value.size();
  const auto [end, error] = std::from_chars(value.data(), last, rate);
  const bool number = error == std::errc() && end == last;
  // One that is no number is no grant, and no reason to send as fast as can be either: what was granted stays.
  if (!number && value != "*") return verdict;
  rate = number ? std::max(rate, 1U) : 0;
  target.pace->grant(rate);
  verdict.reason = note_of(target, rate);
  return verdict;
}

bool is_origin(const Target& target, std::string_view origin) {
  return origin == "*" || equals_ignoring_case(origin, target.origin);
}

Verdict judge_consent(const Target& target, const ClientResponse& answer, bool linked) {
  if (answer.status == 405) return refused(target, answer, "it does not know OPTIONS (status 405)");
  const std::string_view origin = trellis::http::trim(answer.header("webhook-allowed-origin"));
  if (is_origin(target, origin)) return consent(target, answer.status, answer.header("webhook-allowed-rate"));
  const bool friendly = answer.status >= 200 && answer.status < 300;
  if (origin.empty() && friendly && (linked || !target.request_callback.empty())) {
    return awaiting(target, answer, "has not consented yet");
  }
  return refused(target, answer,
                 origin.empty() ? "its answer to OPTIONS has no WebHook-Allowed-Origin"
                                : "its WebHook-Allowed-Origin names another origin than " + quote(target.origin));
}

Verdict judge_code(const Target& target, const ClientResponse& answer, std::string_view code) {
  if (answer.status != 200) {
    return refused(target, answer,
                   "it answered the validation with status " + std::to_string(answer.status) + ", expected 200");
  }
  const auto body = trellis::json::parse(answer.body);
  const auto* const said =
      body && body->type == trellis::json::Type::object ? body->find("validationResponse") : nullptr;
  if (said == nullptr) return awaiting(target, answer, "has not sent the validation code back yet");
  if (said->text != code) return refused(target, answer, "its validationResponse is not the code it was sent");
  return consent(target, answer.status, {});
}

}  // namespace

ClientRequest handshake(const Target& target, const Proof& proof, milliseconds wall) {
  ClientRequest made;
  made.headers = target.fixed;
  if (target.validation == Validation::cloud_events) {
    made.method = "OPTIONS";
    made.headers.emplace_back("webhook-request-origin", target.origin);
    if (target.request_rate) {
      made.headers.emplace_back("webhook-request-rate", std::to_string(*target.request_rate));
    }
    const std::string_view callback = target.request_callback.empty() ? proof.link : target.request_callback;
    if (!callback.empty()) made.headers.emplace_back("webhook-request-callback", callback);
    return made;
  }
  made.method = "POST";
  for (const auto& note : target.notes) {
    made.headers.emplace_back(note.first, note.first == "aeg-event-type" ? "SubscriptionValidation" : note.second);
  }
  made.headers.emplace_back("aeg-metadata-version", "1");
  made.headers.emplace_back("content-type", "application/json; charset=utf-8");
  const std::string code = quote(proof.code);
  const std::string link = proof.link.empty() ? "" : R"(,"validationUrl":)" + quote(proof.link);
  made.body = R"([{"id":)" + code + R"(,"topic":)" + quote(target.topic) +
              R"(,"subject":"","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","eventTime":)" +
              quote(common::write_utc(wall.count())) + R"(,"data":{"validationCode":)" + code + link +
              R"(},"dataVersion":"1","metadataVersion":"1"}])";
  return made;
}

Verdict judge_handshake(const Target& target, const ClientResponse& answer, const Proof& proof) {
  return target.validation == Validation::event_grid ? judge_code(target, answer, proof.code)
                                                     : judge_consent(target, answer, !proof.link.empty());
}

Verdict judge_grant(const Target& target, const common::ConsentGrant& grant) {
  // Whoever follows the link in a browser, and endpoints of Event Grid's schema, name nobody.
  const std::string_view origin = trellis::http::trim(trellis::text(grant.allowed_origin));
  if (!origin.empty() && !is_origin(target, origin)) {
    return {Outcome::refused, Cause::forbidden, 0, milliseconds(0), "the call names another origin"};
  }
  return consent(target, 0, trellis::text(grant.allowed_rate));
}

void remember(const std::string& consent, Target& target) {
  const auto note = trellis::json::parse(consent);
  if (!note || note->type != trellis::json::Type::object) return;
  const auto* const origin = note->find(kOrigin);
  if (origin == nullptr || origin->text != target.origin) return;
  target.consent = consent;
  const auto* const rate = note->find(kAllowedRate);
  if (rate != nullptr && rate->type == trellis::json::Type::integer && target.obey_rate)
    target.pace->grant(static_cast<std::uint32_t>(std::clamp<std::int64_t>(rate->integer, 0, UINT32_MAX)));
}

}  // namespace hooks

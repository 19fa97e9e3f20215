#include "handshake.hpp"

#include <charconv>
#include <trellis/json.hpp>

#include "common/http/characters.hpp"
#include "common/stamp/utc_time.hpp"

namespace hooks {
namespace {

using common::Verdict;
using std::chrono::milliseconds;
using trellis::Cause;
using trellis::http::ClientRequest;
using trellis::http::ClientResponse;
using trellis::http::equals_ignoring_case;
using trellis::json::quote;

Verdict refused(const Target& target, const ClientResponse& answer, std::string_view why) {
  return {common::Outcome::refused, Cause::forbidden, answer.status, milliseconds(0),
          target.url.origin() + " does not consent to deliveries: " + std::string(why)};
}

Verdict awaiting(const Target& target, const ClientResponse& answer, std::string_view what) {
  return {common::Outcome::retry, Cause::none, answer.status, common::kUsualWait,
          std::string(kAwaitingManualAction) + ": " + target.url.origin() + " " + std::string(what)};
}

// The number of requests per minute; 0 is as many as there are.
void take_rate(const Target& target, std::string_view value) {
  if (!target.obey_rate) return;
  std::uint32_t rate = 0;
  value = trellis::http::trim(value);
  const char* const last = value.data() + value.size();
  const auto [end, error] = std::from_chars(value.data(), last, rate);
  const bool number = error == std::errc() && end == last;
  // One that is no number is no grant, and no reason to send as fast as can be either: what was granted stays.
  if (number || value == "*") target.pace->grant(number ? std::max(rate, 1U) : 0);
}

Verdict judge_consent(const Target& target, const ClientResponse& answer) {
  if (answer.status == 405) return refused(target, answer, "it does not know OPTIONS (status 405)");
  const std::string_view origin = trellis::http::trim(answer.header("webhook-allowed-origin"));
  if (origin == "*" || equals_ignoring_case(origin, target.origin)) {
    take_rate(target, answer.header("webhook-allowed-rate"));
    return Verdict::delivered(answer.status);
  }
  const bool friendly = answer.status >= 200 && answer.status < 300;
  if (origin.empty() && friendly && !target.request_callback.empty()) {
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
  return Verdict::delivered(answer.status);
}

}  // namespace

ClientRequest handshake(const Target& target, std::string_view code, milliseconds wall) {
  ClientRequest made;
  made.headers = target.fixed;
  if (target.validation == Validation::cloud_events) {
    made.method = "OPTIONS";
    made.headers.emplace_back("webhook-request-origin", target.origin);
    if (target.request_rate) {
      made.headers.emplace_back("webhook-request-rate", std::to_string(*target.request_rate));
    }
    if (!target.request_callback.empty()) {
      made.headers.emplace_back("webhook-request-callback", target.request_callback);
    }
    return made;
  }
  made.method = "POST";
  for (const auto& note : target.notes) {
    made.headers.emplace_back(note.first, note.first == "aeg-event-type" ? "SubscriptionValidation" : note.second);
  }
  made.headers.emplace_back("aeg-metadata-version", "1");
  made.headers.emplace_back("content-type", "application/json; charset=utf-8");
  made.body = R"([{"id":)" + quote(code) + R"(,"topic":)" + quote(target.topic) +
              R"(,"subject":"","eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","eventTime":)" +
              quote(common::write_utc(wall.count())) + R"(,"data":{"validationCode":)" + quote(code) +
              R"(},"dataVersion":"1","metadataVersion":"1"}])";
  return made;
}

Verdict judge_handshake(const Target& target, const ClientResponse& answer, std::string_view code) {
  return target.validation == Validation::event_grid ? judge_code(target, answer, code) : judge_consent(target, answer);
}

}  // namespace hooks

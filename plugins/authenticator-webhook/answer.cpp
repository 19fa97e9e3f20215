#include "answer.hpp"

#include <optional>
#include <trellis/json.hpp>
#include <trellis/topic.hpp>
#include <utility>

namespace webhook {
namespace {

using trellis::json::Type;
using Json = trellis::json::Value;

// As long as authentication names of registered clients may be, in bytes.
constexpr std::size_t kMostNameBytes = 512;
constexpr std::size_t kMostReasonBytes = 512;
// The end of the year 9999; what is later never comes, and would not fit into milliseconds at some point.
constexpr std::int64_t kLastSecond = 253'402'300'799;

Decision unavailable(std::string why) { return {.verdict = Verdict::unavailable, .reason = std::move(why)}; }

/// A member that is there and not null.
const Json* member(const Json& object, std::string_view name) {
  const Json* found = object.find(name);
  return found == nullptr || found->type == Type::null ? nullptr : found;
}

std::string wrong_type(std::string_view name, std::string_view expected, const Json& found) {
  return "\"" + std::string(name) + "\" is " + std::string(trellis::json::name(found.type)) + ", expected " +
         std::string(expected);
}

/// What is wrong with it, or an empty text.
std::string read_name(const Json& answer, std::string& name) {
  const Json* found = member(answer, "clientAuthenticationName");
  if (found == nullptr) return "\"clientAuthenticationName\" is missing";
  if (found->type != Type::text) return wrong_type("clientAuthenticationName", "text", *found);
  if (found->text.empty() || found->text.size() > kMostNameBytes || !trellis::valid_text(found->text)) {
    return "\"clientAuthenticationName\" is empty, longer than 512 bytes or no text";
  }
  name = found->text;
  return {};
}

std::string read_expiration(const Json& answer, std::chrono::milliseconds& expires) {
  const Json* found = member(answer, "expiration");
  if (found == nullptr) return {};
  if (found->type != Type::integer || found->integer <= 0) return "\"expiration\" is no Unix time in whole seconds";
  if (found->integer <= kLastSecond) expires = std::chrono::seconds(found->integer);
  return {};
}

std::string read_attributes(const Json& answer, rights::Attributes& attributes) {
  const Json* found = member(answer, "attributes");
  if (found == nullptr) return {};
  if (found->type != Type::object) return wrong_type("attributes", "an object", *found);
  for (std::size_t i = 0; i < found->keys.size(); ++i) {
    // Names that no registered client could have are ignored too: some mean something to the broker.
    auto value = rights::from_claim(found->items[i]);
    if (!value || !rights::is_attribute_name(found->keys[i])) continue;
    attributes.push_back({found->keys[i], std::move(*value)});
  }
  return {};
}

Decision read_allow(const Json& answer) {
  Decision decision{.verdict = Verdict::allow};
  for (const std::string& wrong : {read_name(answer, decision.name), read_expiration(answer, decision.expires),
                                   read_attributes(answer, decision.attributes)}) {
    if (!wrong.empty()) return unavailable("an answer that allows: " + wrong);
  }
  return decision;
}

Decision read_deny(const Json& answer) {
  Decision decision{.verdict = Verdict::deny};
  if (const Json* found = member(answer, "errorReason"); found != nullptr && found->type == Type::text) {
    decision.reason = found->text.substr(0, kMostReasonBytes);
  }
  return decision;
}

/// What the body says, whatever the status.
Decision read_body(std::string_view body) {
  const auto read = trellis::json::parse(body);
  if (!read) return unavailable(body.empty() ? "there is no body" : "the body is not JSON");
  if (read->type != Type::object) return unavailable("the body is no JSON object");
  const Json* decision = member(*read, "decision");
  if (decision == nullptr) return unavailable("\"decision\" is missing");
  if (decision->type == Type::text && decision->text == "allow") return read_allow(*read);
  if (decision->type == Type::text && decision->text == "deny") return read_deny(*read);
  return unavailable("\"decision\" is neither \"allow\" nor \"deny\"");
}

}  // namespace

Decision read_answer(std::uint32_t status, std::string_view body) {
  const std::string with_status = "status " + std::to_string(status);
  const bool refuses = status >= 400 && status < 500;
  if (status != 200 && !refuses) return unavailable(with_status);
  Decision decision = read_body(body);
  if (status == 200 || decision.verdict == Verdict::deny) return decision;
  if (decision.verdict == Verdict::allow) return unavailable(with_status + " with an answer that allows");
  return unavailable(with_status + ": " + decision.reason);
}

}  // namespace webhook

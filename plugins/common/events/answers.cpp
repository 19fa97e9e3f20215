#include "common/events/answers.hpp"

#include <charconv>

#include "common/events/text.hpp"

namespace events {
namespace {

struct Named {
  std::string_view code;
  std::string_view message;
};

Named named(TokenError error) noexcept {
  switch (error) {
    case TokenError::bad_token:
      return {"BadToken", "The token is not one that this service gave."};
    case TokenError::token_lost:
      return {"TokenLost", "Token has expired."};
    default:
      return {"InternalServerError", "The service failed to settle the event."};
  }
}

void append_number(std::string& out, std::uint32_t number) {
  char digits[10];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

void append_failed(std::string& out, const Settled& failed, ApiVersion::Failures form) {
  const Named usual = named(failed.error);
  const std::string_view message = failed.message.empty() ? usual.message : failed.message;
  out += R"({"lockToken":)";
  append_json_text(out, failed.token);
  if (form != ApiVersion::Failures::flat) {
    out.append(R"(,"error":{"code":")").append(usual.code).append(R"(","message":)");
    append_json_text(out, message);
    out += '}';
  }
  if (form != ApiVersion::Failures::nested) {
    out.append(R"(,"errorCode":")").append(usual.code).append(R"(","errorDescription":)");
    append_json_text(out, message);
  }
  out += '}';
}

}  // namespace

void append_received(std::string& out, std::span<const Delivery> deliveries) {
  static constexpr std::size_t kAround = 100;  // one delivery's braces, names and count
  std::size_t size = out.size() + 16;
  for (const Delivery& each : deliveries) size += kAround + json_text_size(each.lock_token) + each.event.size();
  out.reserve(size);
  out += R"({"value":[)";
  bool first = true;
  for (const Delivery& each : deliveries) {
    if (!first) out += ',';
    first = false;
    out += R"({"brokerProperties":{"lockToken":)";
    append_json_text(out, each.lock_token);
    out += R"(,"deliveryCount":)";
    append_number(out, each.delivery_count);
    out.append(R"(},"event":)").append(each.event) += '}';
  }
  out += "]}";
}

void append_settled(std::string& out, std::span<const Settled> tokens, ApiVersion version) {
  out += R"({"succeededLockTokens":[)";
  bool first = true;
  for (const Settled& each : tokens) {
    if (each.error != TokenError::none) continue;
    if (!first) out += ',';
    first = false;
    append_json_text(out, each.token);
  }
  out += R"(],"failedLockTokens":[)";
  first = true;
  for (const Settled& each : tokens) {
    if (each.error == TokenError::none) continue;
    if (!first) out += ',';
    first = false;
    append_failed(out, each, version.failures());
  }
  out += "]}";
}

void append_error(std::string& out, const Problem& problem, bool detailed) {
  append_error(out, problem.code, problem.message, problem.target, detailed);
}

void append_error(std::string& out, std::string_view code, std::string_view message, std::string_view target,
                  bool detailed) {
  const auto append_both = [&] {
    out += R"({"code":)";
    append_json_text(out, code);
    out += R"(,"message":)";
    append_json_text(out, message);
  };
  out += R"({"error":)";
  append_both();
  if (!target.empty()) {
    out += R"(,"target":)";
    append_json_text(out, target);
  }
  out += R"(,"details":[)";
  if (detailed) {
    append_both();
    out += '}';
  }
  out += "]}}";
}

}  // namespace events

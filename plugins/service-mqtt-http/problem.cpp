#include "problem.hpp"

#include <trellis/topic.hpp>

#include "common/http/response_writer.hpp"

namespace mqtt_http {
namespace {

constexpr std::size_t kShownBytes = 64;

struct StatusCode {
  std::uint32_t status;
  std::string_view code;
};
constexpr StatusCode kCodes[] = {{400, "BadRequest"},
                                 {401, "Unauthorized"},
                                 {403, "Forbidden"},
                                 {404, "NotFound"},
                                 {405, "MethodNotAllowed"},
                                 {413, "RequestEntityTooLarge"},
                                 {415, "UnsupportedMediaType"},
                                 {421, "MisdirectedRequest"},
                                 {429, "TooManyRequests"},
                                 {501, "NotImplemented"},
                                 {503, "ServiceUnavailable"},
                                 {504, "GatewayTimeout"}};

}  // namespace

std::string_view code_of(std::uint32_t status) noexcept {
  for (const StatusCode& each : kCodes) {
    if (each.status == status) return each.code;
  }
  return "InternalServerError";
}

void append_json_text(std::string& out, std::string_view text) { out += trellis::http::json_quote(text); }

std::string error_body(const Problem& problem) {
  std::string body = R"({"error":{"code":")" + std::string(code_of(problem.status)) + R"(","message":)";
  append_json_text(body, problem.message);
  if (!problem.target.empty()) {
    body += R"(,"target":)";
    append_json_text(body, problem.target);
  }
  return body + "}}";
}

std::string in_quotes(std::string_view found) {
  std::string out = "\"";
  for (const char c : found.substr(0, kShownBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte >= 0x7f ? '?' : c;
  }
  return out + (found.size() > kShownBytes ? "...\"" : "\"");
}

}  // namespace mqtt_http

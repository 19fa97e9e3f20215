#include "common/events/problem.hpp"

#include <utility>

#include "common/events/text.hpp"

namespace events {
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
                                 {408, "RequestTimeout"},
                                 {410, "Gone"},
                                 {413, "RequestEntityTooLarge"},
                                 {415, "UnsupportedMediaType"},
                                 {429, "TooManyRequests"},
                                 {500, "InternalServerError"},
                                 {501, "NotImplemented"},
                                 {503, "ServiceUnavailable"}};

}  // namespace

std::string_view code_of(std::uint32_t status) noexcept {
  for (const StatusCode& each : kCodes) {
    if (each.status == status) return each.code;
  }
  return "InternalServerError";
}

Problem problem(std::uint32_t status, std::string message, std::string target) {
  return {status, code_of(status), std::move(message), std::move(target), std::nullopt};
}

std::string shown(std::string_view found) {
  std::string out;
  std::size_t at = 0;
  while (at < found.size() && at < kShownBytes) {
    char32_t code = 0;
    const std::size_t size = decode_utf8(found, at, code);
    if (size == 0 || is_control(code)) {
      out += '?';
    } else {
      out += found.substr(at, size);
    }
    at += size == 0 ? 1 : size;
  }
  return at < found.size() ? out + "..." : out;
}

std::string in_quotes(std::string_view found) { return '"' + shown(found) + '"'; }

}  // namespace events

#include "head.hpp"

#include <algorithm>
#include <utility>

#include "characters.hpp"
#include "content_coding.hpp"
#include "fields.hpp"
#include "target.hpp"

namespace trellis::http {
namespace {

constexpr std::size_t kMethodBytes = 32;

ParseError bad(std::string_view message) { return {400, message}; }

std::optional<ParseError> parse_version(std::string_view version, Request& request) {
  if (version == "HTTP/1.1") {
    request.minor = 1;
    return std::nullopt;
  }
  if (version == "HTTP/1.0") {
    request.minor = 0;
    return std::nullopt;
  }
  const bool well_formed = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                           version[6] == '.' && is_digit(version[7]);
  if (well_formed) return ParseError{505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  return bad("the request line does not end in an HTTP version");
}

std::optional<ParseError> parse_request_line(std::string_view line, const Limits& limits, Request& request) {
  const std::size_t method_end = line.find(' ');
  const std::size_t target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || method_end == target_end) {
    return bad("the request line is not method, target and version with single blanks between them");
  }
  request.method = line.substr(0, method_end);
  if (auto error = parse_version(line.substr(target_end + 1), request)) return error;
  return take_target(line.substr(0, method_end), line.substr(method_end + 1, target_end - method_end - 1), limits,
                     request);
}

std::optional<ParseError> take_host(std::string_view value, bool& seen, Request& request) {
  if (seen) return bad("there is more than one Host field");
  seen = true;
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return is_target_char(c) && c != '/' && c != '?' && c != '@' && c != ',';
  });
  if (!plain) return bad("the Host field is malformed");
  if (request.host.empty()) request.host = value;
  return std::nullopt;
}

std::optional<ParseError> take_content_encoding(std::string_view value, Request& request) {
  const auto coding = parse_content_encoding(value);
  const bool second = request.coding != ContentCoding::identity && coding != ContentCoding::identity;
  if (!coding || second) return ParseError{415, "bodies are taken as they are, or in the coding gzip or deflate"};
  if (*coding != ContentCoding::identity) request.coding = *coding;
  return std::nullopt;
}

}  // namespace

std::optional<ParseError> take_target(std::string_view method, std::string_view target, const Limits& limits,
                                      Request& request) {
  request.method = method;
  if (!is_token(method)) return bad("the method is not a token");
  if (method.size() > kMethodBytes) return ParseError{501, "the method is unknown"};
  if (target.size() > limits.target_bytes) return ParseError{414, "the request target is too long"};
  if (method == "CONNECT") return ParseError{501, "this is not a proxy: CONNECT is not supported"};
  auto parsed = parse_target(target, method);
  if (!parsed) return bad("the request target is malformed or ambiguous");
  request.path = std::move(parsed->path);
  request.query = parsed->query;
  request.host = parsed->host.value_or(std::string_view());
  return std::nullopt;
}

std::optional<ParseError> interpret_fields(const Limits& limits, Request& request) {
  if (auto error = interpret_framing(request)) return error;
  bool host_seen = false;
  for (const Header& header : request.headers) {
    std::optional<ParseError> error;
    if (header.name == "host") error = take_host(header.value, host_seen, request);
    if (header.name == "content-encoding") error = take_content_encoding(header.value, request);
    if (header.name == "expect" && request.minor == 1) {
      if (!equals_ignoring_case(header.value, "100-continue")) error = ParseError{417, "the expectation is unknown"};
      request.expects_continue = true;
    }
    if (error) return error;
  }
  if (request.minor == 1 && !host_seen) return bad("the Host field is missing");
  if (request.content_length.value_or(0) > limits.body_bytes) return ParseError{413, "the body is too large"};
  return std::nullopt;
}

std::optional<ParseError> parse_head(std::string& head, const Limits& limits, Request& request) {
  std::string_view rest = head;
  const auto line = next_line(rest);
  if (!line) return bad("the request line does not end in CR LF");
  if (auto error = parse_request_line(*line, limits, request)) return error;
  if (auto error = parse_fields(head, rest, limits, request.headers)) return error;
  return interpret_fields(limits, request);
}

}  // namespace trellis::http

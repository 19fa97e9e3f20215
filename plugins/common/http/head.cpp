#include "head.hpp"

#include <algorithm>
#include <utility>

#include "characters.hpp"
#include "content_coding.hpp"
#include "gzip.hpp"
#include "target.hpp"

namespace trellis::http {
namespace {

constexpr std::size_t kMethodBytes = 32;
constexpr std::size_t kLengthDigits = 18;  // fits 64 bits without an overflow check

ParseError bad(std::string_view message) { return {400, message}; }

// Cuts the next line off `rest`. Nothing when it does not end in CR LF or contains a lone CR or LF.
std::optional<std::string_view> next_line(std::string_view& rest) {
  const std::size_t end = rest.find_first_of("\r\n");
  if (end == std::string_view::npos || rest.substr(end, 2) != "\r\n") return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

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

// Reads fields up to the empty line and appends them to `headers`. Names become lower case in place, which is why the
// text has to be ours.
std::optional<ParseError> parse_fields(std::string& text, std::string_view rest, const Limits& limits,
                                       std::vector<Header>& headers) {
  for (;;) {
    const auto line = next_line(rest);
    if (!line) return bad("a header line does not end in CR LF");
    if (line->empty()) return std::nullopt;
    if (headers.size() == limits.header_count) return ParseError{431, "there are too many header fields"};
    if (line->front() == ' ' || line->front() == '\t') return bad("a header field is folded over several lines");

    const std::size_t colon = line->find(':');
    const std::string_view name = line->substr(0, colon);
    if (colon == std::string_view::npos || !is_token(name)) return bad("a header field's name is not a token");
    const std::string_view value = trim(line->substr(colon + 1));
    if (!std::all_of(value.begin(), value.end(), is_field_char)) {
      return bad("a header field's value contains a control character");
    }
    char* const first = text.data() + (name.data() - text.data());
    std::transform(first, first + name.size(), first, lower);
    headers.push_back({name, value});
  }
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

std::optional<ParseError> take_content_length(std::string_view value, Request& request) {
  if (request.content_length) return bad("there is more than one Content-Length");
  if (value.empty() || value.size() > kLengthDigits || !std::all_of(value.begin(), value.end(), is_digit)) {
    return bad("the Content-Length is not one decimal number");
  }
  std::uint64_t length = 0;
  for (const char digit : value) length = length * 10 + static_cast<std::uint64_t>(digit - '0');
  request.content_length = length;
  return std::nullopt;
}

std::optional<ParseError> take_transfer_encoding(std::string_view value, Request& request) {
  if (request.chunked) return bad("there is more than one Transfer-Encoding");
  if (request.minor == 0) return bad("HTTP/1.0 knows no Transfer-Encoding");
  if (!equals_ignoring_case(value, "chunked")) {
    return ParseError{501, "no transfer coding but \"chunked\" is supported"};
  }
  request.chunked = true;
  return std::nullopt;
}

std::optional<ParseError> take_content_encoding(std::string_view value, Request& request) {
  const auto coding = parse_content_encoding(value);
  const bool second = request.coding != ContentCoding::identity && coding != ContentCoding::identity;
  if (!coding || second) return ParseError{415, "bodies are taken as they are, or in the coding gzip or deflate"};
  if (*coding != ContentCoding::identity) request.coding = *coding;
  return std::nullopt;
}

void take_connection(std::string_view value, bool& close, bool& keep) {
  each_list_element(value, [&](std::string_view option) {
    close = close || equals_ignoring_case(option, "close");
    keep = keep || equals_ignoring_case(option, "keep-alive");
  });
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const noexcept {
  for (const Header& field : headers) {
    if (field.name == name) return field.value;
  }
  return std::nullopt;
}

std::optional<ParseError> Request::decode(const Limits& limits, std::string& storage) {
  if (coding == ContentCoding::identity || body.empty()) return std::nullopt;
  std::string decoded;
  if (auto error = decode_body(body, coding, limits.body_bytes, decoded)) return error;
  storage = std::move(decoded);
  body = storage;
  coding = ContentCoding::identity;
  std::erase_if(headers,
                [](const Header& one) { return one.name == "content-encoding" || one.name == "content-length"; });
  return std::nullopt;
}

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
  bool host_seen = false;
  bool close = false;
  bool keep = false;
  for (const Header& header : request.headers) {
    std::optional<ParseError> error;
    if (header.name == "host") error = take_host(header.value, host_seen, request);
    if (header.name == "content-length") error = take_content_length(header.value, request);
    if (header.name == "transfer-encoding") error = take_transfer_encoding(header.value, request);
    if (header.name == "content-encoding") error = take_content_encoding(header.value, request);
    if (header.name == "connection") take_connection(header.value, close, keep);
    if (header.name == "expect" && request.minor == 1) {
      if (!equals_ignoring_case(header.value, "100-continue")) error = ParseError{417, "the expectation is unknown"};
      request.expects_continue = true;
    }
    if (error) return error;
  }
  if (request.chunked && request.content_length) return bad("Content-Length and Transfer-Encoding exclude each other");
  if (request.minor == 1 && !host_seen) return bad("the Host field is missing");
  if (request.content_length.value_or(0) > limits.body_bytes) return ParseError{413, "the body is too large"};
  request.keep_alive = !close && (request.minor == 1 || keep);
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

std::optional<ParseError> check_trailers(std::string& trailers, const Limits& limits) {
  std::vector<Header> ignored;
  return parse_fields(trailers, trailers, limits, ignored);
}

}  // namespace trellis::http

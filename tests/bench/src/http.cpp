// Writes requests, reads answers.
#include "http.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace trellis::bench {
namespace {

constexpr std::size_t kMostHead = std::size_t{16} * 1024;
constexpr std::size_t kMostBody = std::size_t{64} * 1024 * 1024;

struct Head {
  std::size_t size = 0;
  unsigned status = 0;
  bool close = false;
  bool chunked = false;
  std::optional<std::size_t> length;
};

bool same(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool is_token(std::string_view text) {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  const auto belongs = [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.find(c) != std::string_view::npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), belongs);
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Digits of the base and nothing else, at most kMostBody.
std::optional<std::size_t> size_in(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || value > kMostBody) return {};
  return value;
}

bool read_status(std::string_view line, Head& head) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  if (!line.starts_with(kVersion) || line.size() < kVersion.size() + 3) return false;
  const auto status = size_in(line.substr(kVersion.size(), 3), 10);
  if (!status || *status < 200 || *status > 599) return false;
  head.status = static_cast<unsigned>(*status);
  return line.size() == kVersion.size() + 3 || line[kVersion.size() + 3] == ' ';
}

bool read_field(std::string_view line, Head& head) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (same(name, "content-length")) {
    if (head.length) return false;
    head.length = size_in(value, 10);
    return head.length.has_value();
  }
  if (same(name, "transfer-encoding")) {
    if (head.chunked || !same(value, "chunked")) return false;
    head.chunked = true;
  }
  if (same(name, "connection")) head.close = same(value, "close");
  return true;
}

template <class ReadFirst>
HttpScan read_fields(std::string_view text, Head& head, const ReadFirst& read_first) {
  const auto end = text.substr(0, kMostHead).find("\r\n\r\n");
  if (end == std::string_view::npos) return text.size() < kMostHead ? HttpScan::incomplete : HttpScan::malformed;
  head.size = end + 4;
  std::string_view rest = text.substr(0, end + 2);
  for (bool first = true; !rest.empty(); first = false) {
    const auto line_end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, line_end);
    if (!(first ? read_first(line) : read_field(line, head))) return HttpScan::malformed;
    rest.remove_prefix(line_end + 2);
  }
  return head.chunked && head.length ? HttpScan::malformed : HttpScan::response;
}

HttpScan read_head(std::string_view text, Head& head) {
  const auto found = read_fields(text, head, [&](std::string_view line) { return read_status(line, head); });
  if (found != HttpScan::response) return found;
  const bool without_body = head.status == 204 || head.status == 304;
  if (!head.chunked && !head.length && !without_body) return HttpScan::malformed;
  return HttpScan::response;
}

/// One chunk: where its bytes are and where the next one begins. Size 0 is the last one, behind which trailers come.
struct Chunk {
  std::size_t at = 0, size = 0;
};

HttpScan read_chunk(std::string_view text, std::size_t at, Chunk& chunk) {
  constexpr std::size_t kMostLine = 256;
  const auto line_end = text.substr(at, kMostLine).find("\r\n");
  if (line_end == std::string_view::npos) {
    return text.size() - at < kMostLine ? HttpScan::incomplete : HttpScan::malformed;
  }
  const std::string_view line = text.substr(at, line_end);
  const auto size = size_in(trimmed(line.substr(0, line.find(';'))), 16);
  if (!size) return HttpScan::malformed;
  chunk = {at + line_end + 2, *size};
  if (*size == 0) return HttpScan::response;
  if (text.size() < chunk.at + chunk.size + 2) return HttpScan::incomplete;
  return text.substr(chunk.at + chunk.size, 2) == "\r\n" ? HttpScan::response : HttpScan::malformed;
}

// Where the trailers that begin at `at` end, which is after an empty line.
HttpScan skip_trailers(std::string_view text, std::size_t& at) {
  for (;;) {
    const auto line_end = text.substr(at).find("\r\n");
    if (line_end == std::string_view::npos) {
      return text.size() - at < kMostHead ? HttpScan::incomplete : HttpScan::malformed;
    }
    at += line_end + 2;
    if (line_end == 0) return HttpScan::response;
  }
}

// body: where it is put together, in front of what is read.
HttpScan read_chunked(std::span<char> bytes, std::size_t begin, std::string_view& body, std::size_t& size) {
  const std::string_view text(bytes.data(), bytes.size());
  std::size_t total = 0;
  Chunk chunk;
  // Twice: nothing may move before all is there.
  for (size = begin;; size = chunk.at + chunk.size + 2) {
    if (const auto found = read_chunk(text, size, chunk); found != HttpScan::response) return found;
    if (chunk.size == 0) break;
    total += chunk.size;
    if (total > kMostBody) return HttpScan::malformed;
  }
  std::size_t end = chunk.at;
  if (const auto found = skip_trailers(text, end); found != HttpScan::response) return found;
  std::size_t to = begin;
  for (std::size_t at = begin; to != begin + total; at = chunk.at + chunk.size + 2) {
    read_chunk(text, at, chunk);
    std::memmove(bytes.data() + to, bytes.data() + chunk.at, chunk.size);
    to += chunk.size;
  }
  body = text.substr(begin, total);
  size = end;
  return HttpScan::response;
}

}  // namespace

HttpRequest::HttpRequest(std::string_view path, std::string_view content_type, std::string_view key) {
  head_.append("POST ").append(path).append(" HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n");
  if (!key.empty()) head_.append("Authorization: SharedAccessKey ").append(key).append("\r\n");
  if (!content_type.empty()) head_.append("Content-Type: ").append(content_type).append("\r\n");
  head_ += "Content-Length: ";
}

char* HttpRequest::append(OutBuffer& out, std::size_t body_size) const {
  char digits[20];
  const auto count = static_cast<std::size_t>(std::to_chars(digits, digits + sizeof digits, body_size).ptr - digits);
  char* at = out.extend(head_.size() + count + 4 + body_size);
  at = std::copy(head_.begin(), head_.end(), at);
  at = std::copy_n(digits, count, at);
  return std::copy_n("\r\n\r\n", 4, at);
}

HttpScan next_request(std::string_view bytes, HttpCall& call, std::size_t& size) {
  Head head;
  const auto found = read_fields(bytes, head, [&](std::string_view line) {
    const auto begin = line.find(' ');
    const auto end = line.rfind(' ');
    if (begin == std::string_view::npos || end <= begin || !line.ends_with(" HTTP/1.1")) return false;
    call.path = line.substr(begin + 1, end - begin - 1);
    return true;
  });
  if (found != HttpScan::response) return found;
  if (head.chunked) return HttpScan::malformed;
  size = head.size + head.length.value_or(0);
  if (bytes.size() < size) return HttpScan::incomplete;
  call.body = bytes.substr(head.size, size - head.size);
  return HttpScan::response;
}

HttpScan next_response(std::span<char> bytes, HttpResponse& response, std::size_t& size) {
  const std::string_view text(bytes.data(), bytes.size());
  Head head;
  if (const auto found = read_head(text, head); found != HttpScan::response) return found;
  response.status = head.status;
  response.close = head.close;
  if (head.chunked) return read_chunked(bytes, head.size, response.body, size);
  const std::size_t length = head.length.value_or(0);
  if (text.size() < head.size + length) return HttpScan::incomplete;
  response.body = text.substr(head.size, length);
  size = head.size + length;
  return HttpScan::response;
}

}  // namespace trellis::bench

#include "fields.hpp"

#include <algorithm>
#include <utility>

#include "characters.hpp"
#include "gzip.hpp"

namespace trellis::http {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kLengthDigits = 18;  // fits 64 bits without an overflow check

ParseError bad(std::string_view message) { return {400, message}; }

std::optional<ParseError> take_content_length(std::string_view value, Message& message) {
  if (message.content_length) return bad("there is more than one Content-Length");
  if (value.empty() || value.size() > kLengthDigits || !std::all_of(value.begin(), value.end(), is_digit)) {
    return bad("the Content-Length is not one decimal number");
  }
  std::uint64_t length = 0;
  for (const char digit : value) length = length * 10 + static_cast<std::uint64_t>(digit - '0');
  message.content_length = length;
  return std::nullopt;
}

std::optional<ParseError> take_transfer_encoding(std::string_view value, Message& message) {
  if (message.chunked) return bad("there is more than one Transfer-Encoding");
  if (message.minor == 0) return bad("HTTP/1.0 knows no Transfer-Encoding");
  if (!equals_ignoring_case(value, "chunked")) {
    return ParseError{501, "no transfer coding but \"chunked\" is supported"};
  }
  message.chunked = true;
  return std::nullopt;
}

void take_connection(std::string_view value, bool& close, bool& keep) {
  each_list_element(value, [&](std::string_view option) {
    close = close || equals_ignoring_case(option, "close");
    keep = keep || equals_ignoring_case(option, "keep-alive");
  });
}

}  // namespace

std::size_t HeadText::take(std::string_view data, const Limits& limits) {
  // The end may straddle two reads: look again at the last three bytes we had.
  const std::size_t old_size = text.size();
  const std::size_t room = limits.head_bytes + 1 - std::min(limits.head_bytes + 1, old_size);
  text.append(data.substr(0, room));
  const std::size_t end = text.find(kHeadEnd, old_size - std::min<std::size_t>(old_size, kHeadEnd.size() - 1));
  if (end == std::string::npos) return std::min(room, data.size());
  text.resize(end + kHeadEnd.size());
  complete_ = true;
  return text.size() - old_size;
}

void HeadText::clear() {
  std::string().swap(text);  // an assignment would keep the memory
  complete_ = false;
}

std::optional<std::string_view> next_line(std::string_view& rest) {
  const std::size_t end = rest.find_first_of("\r\n");
  if (end == std::string_view::npos || rest.substr(end, 2) != "\r\n") return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

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

std::optional<ParseError> check_trailers(std::string& trailers, const Limits& limits) {
  std::vector<Header> ignored;
  return parse_fields(trailers, trailers, limits, ignored);
}

std::optional<ParseError> interpret_framing(Message& message) {
  bool close = false;
  bool keep = false;
  for (const Header& header : message.headers) {
    std::optional<ParseError> error;
    if (header.name == "content-length") error = take_content_length(header.value, message);
    if (header.name == "transfer-encoding") error = take_transfer_encoding(header.value, message);
    if (header.name == "connection") take_connection(header.value, close, keep);
    if (error) return error;
  }
  if (message.chunked && message.content_length) return bad("Content-Length and Transfer-Encoding exclude each other");
  message.keep_alive = !close && (message.minor == 1 || keep);
  return std::nullopt;
}

std::optional<std::string_view> Message::header(std::string_view name) const noexcept {
  for (const Header& field : headers) {
    if (field.name == name) return field.value;
  }
  return std::nullopt;
}

std::optional<ParseError> Message::decode(const Limits& limits, std::string& storage) {
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

}  // namespace trellis::http

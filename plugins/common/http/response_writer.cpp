#include "response_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "characters.hpp"

namespace trellis::http {
namespace {

struct Reason {
  std::uint32_t status;
  std::string_view phrase;
};

constexpr Reason kReasons[] = {{200, "OK"},
                               {201, "Created"},
                               {202, "Accepted"},
                               {204, "No Content"},
                               {206, "Partial Content"},
                               {301, "Moved Permanently"},
                               {302, "Found"},
                               {303, "See Other"},
                               {304, "Not Modified"},
                               {307, "Temporary Redirect"},
                               {308, "Permanent Redirect"},
                               {400, "Bad Request"},
                               {401, "Unauthorized"},
                               {403, "Forbidden"},
                               {404, "Not Found"},
                               {405, "Method Not Allowed"},
                               {406, "Not Acceptable"},
                               {408, "Request Timeout"},
                               {409, "Conflict"},
                               {410, "Gone"},
                               {411, "Length Required"},
                               {412, "Precondition Failed"},
                               {413, "Content Too Large"},
                               {414, "URI Too Long"},
                               {415, "Unsupported Media Type"},
                               {417, "Expectation Failed"},
                               {421, "Misdirected Request"},
                               {422, "Unprocessable Content"},
                               {426, "Upgrade Required"},
                               {429, "Too Many Requests"},
                               {431, "Request Header Fields Too Large"},
                               {500, "Internal Server Error"},
                               {501, "Not Implemented"},
                               {502, "Bad Gateway"},
                               {503, "Service Unavailable"},
                               {504, "Gateway Timeout"},
                               {505, "HTTP Version Not Supported"},
                               {507, "Insufficient Storage"}};

bool belongs_to_writer(std::string_view name) {
  static constexpr std::array<std::string_view, 6> kNames = {"connection", "content-length",    "date",
                                                             "keep-alive", "transfer-encoding", "upgrade"};
  return std::any_of(kNames.begin(), kNames.end(),
                     [&](std::string_view own) { return equals_ignoring_case(own, name); });
}

void write_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

// The length of the UTF-8 sequence at the front of text; 0 when there is none.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool surrogate = first == 0xed && byte(1) > 0x9f;
  const bool too_high = first == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || too_high ? 0 : length;
}

void quote_ascii(std::string& out, char c) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  if (c == '"' || c == '\\') {
    out.push_back('\\');
    out.push_back(c);
  } else if (c == '\n') {
    out.append("\\n");
  } else if (static_cast<unsigned char>(c) < 0x20) {
    out.append("\\u00");
    out.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kHex[static_cast<unsigned char>(c) & 15]);
  } else {
    out.push_back(c);
  }
}

}  // namespace

std::string_view reason_phrase(std::uint32_t status) noexcept {
  const auto* const found = std::find_if(std::begin(kReasons), std::end(kReasons),
                                         [status](const Reason& reason) { return reason.status == status; });
  return found == std::end(kReasons) ? "Status" : found->phrase;
}

bool may_be_sent(const Header& header) {
  return is_token(header.name) && std::all_of(header.value.begin(), header.value.end(), is_field_char) &&
         !belongs_to_writer(header.name);
}

namespace {

void begin_head(std::string& out, std::uint32_t status, const Response& response, const Framing& framing) {
  out.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason_phrase(status)).append("\r\n");
  write_field(out, "date", framing.date);
  for (const Header& header : response.headers) {
    if (may_be_sent(header)) write_field(out, header.name, header.value);
  }
}

void end_head(std::string& out, const Framing& framing) {
  if (!framing.keep_alive) {
    write_field(out, "connection", "close");
  } else if (framing.minor == 0) {
    write_field(out, "connection", "keep-alive");
  }
  out.append("\r\n");
}

}  // namespace

void write_response(std::string& out, const Response& response, const Framing& framing) {
  const std::uint32_t status = final_status(response.status);
  const bool without_body = !has_body(status);
  begin_head(out, status, response, framing);
  if (!without_body) write_field(out, "content-length", std::to_string(response.body.size()));
  end_head(out, framing);
  if (!without_body && !framing.head_only) out.append(response.body);
}

void write_stream_head(std::string& out, const Response& response, const Framing& framing) {
  begin_head(out, final_status(response.status), response, framing);
  if (framing.minor > 0) write_field(out, "transfer-encoding", "chunked");
  end_head(out, framing);
}

void write_chunk(std::string& out, std::string_view piece) {
  if (piece.empty()) return;
  char size[16];
  const auto end = std::to_chars(size, size + sizeof size, piece.size(), 16).ptr;
  out.append(size, end).append("\r\n").append(piece).append("\r\n");
}

std::string json_quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out.push_back('"');
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 1) {
      quote_ascii(out, text.front());
    } else if (length == 0) {
      out.append("\\ufffd");
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  out.push_back('"');
  return out;
}

std::string error_body(std::uint32_t status, std::string_view message) {
  std::string code(reason_phrase(status));
  code.erase(std::remove(code.begin(), code.end(), ' '), code.end());
  return "{\"error\":{\"code\":" + json_quote(code) + ",\"message\":" + json_quote(message) + "}}";
}

}  // namespace trellis::http

/// Writes HTTP/1.1 responses as bytes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "request.hpp"

namespace trellis::http {

/// A response as somebody else made it: the framing fields (Content-Length, Transfer-Encoding, Connection, Date and
/// their like) are the writer's, and are ignored when they are among `headers`.
struct Response {
  std::uint32_t status = 200;
  std::span<const Header> headers;
  std::string_view body;
};

/// How the response is framed. It follows from the request and from the state of the connection.
struct Framing {
  std::string_view date;    ///< as format_date() writes it
  std::uint32_t minor = 1;  ///< of the request's version
  bool head_only = false;   ///< the request was HEAD: the body's length is told, the body is not sent
  bool keep_alive = true;   ///< another request may follow
};

/// "Not Found" for 404; "Status" for a code that has no name here.
std::string_view reason_phrase(std::uint32_t status) noexcept;

/// The status that is sent: 500 for what is no final answer, on which the client would wait on.
constexpr std::uint32_t final_status(std::uint32_t status) noexcept {
  return status >= 200 && status <= 599 ? status : 500;
}
/// Whether an answer of that status has a body, and tells its length.
constexpr bool has_body(std::uint32_t status) noexcept { return status != 204 && status != 304; }

/// False for a field that would break the framing, or is the writer's own.
bool may_be_sent(const Header& header);

/// What the client is told to do next, before it sends its body.
inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

/// Appends the response to `out`. A header field whose name or value would break the framing is left out: no
/// service can be talked into splitting a response.
void write_response(std::string& out, const Response& response, const Framing& framing);

/// The head of an answer whose body comes in pieces: chunked, or until the connection ends in HTTP/1.0.
void write_stream_head(std::string& out, const Response& response, const Framing& framing);
/// Appends a piece as a chunk; an empty one would end the body, and is left out.
void write_chunk(std::string& out, std::string_view piece);
inline constexpr std::string_view kLastChunk = "0\r\n\r\n";

/// The JSON body every error has: {"error":{"code":"NotFound","message":"…"}}. The code is the reason phrase without
/// blanks.
std::string error_body(std::uint32_t status, std::string_view message);

/// Text as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace trellis::http

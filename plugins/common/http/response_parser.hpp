/// Turns bytes into the HTTP/1.1 response to one request, without any socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "body.hpp"
#include "fields.hpp"

namespace trellis::http {

/// A response as it was read. Views live as long as the parser.
struct ReceivedResponse : Message {
  std::uint32_t status = 0;
  std::string_view reason;  ///< what the server calls the status; for people
};

/// What the response answers: how long it is depends on that (RFC 9112, 6.3).
enum class Asked {
  something,
  head,   ///< HEAD: the fields of a body, and none
  tunnel  ///< CONNECT: 2xx has no body, what follows is the tunnel's
};

/// Reads one response. Interim ones (1xx) before it are skipped. One that cannot have exactly one meaning is refused:
/// see fields.hpp.
///
/// feed() stops when the head is complete, although there may be more bytes, and when the response is; just go on
/// feeding. A body in the coding gzip or deflate is complete when it is decompressed; one in a coding not spoken here
/// is left as it is, with the field that tells of it.
///
/// Owned by one connection. Holds at most the head and the body of the limits, each checked before it is stored.
class ResponseParser {
 public:
  enum class State {
    head,      ///< the response's head is not complete
    body,      ///< response() has its head; the body is being read
    complete,  ///< response() is whole
    failed     ///< error() tells why; further bytes mean nothing
  };

  explicit ResponseParser(const Limits& limits, Asked asked = Asked::something) : limits_(limits), asked_(asked) {}
  ResponseParser(const ResponseParser&) = delete;  // response() points into our buffers
  ResponseParser& operator=(const ResponseParser&) = delete;

  /// Answers how many bytes were used. 0 with bytes offered means that state() is complete or failed.
  std::size_t feed(std::string_view data);
  /// The server sends no more: that completes a body without a length, and fails anything else that is incomplete.
  void end();

  /// Whether a byte of a response arrived.
  bool begun() const noexcept { return begun_; }
  /// Whether response() has a head, whatever becomes of its body.
  bool has_head() const noexcept { return body_.has_value(); }
  State state() const noexcept { return state_; }
  const ReceivedResponse& response() const noexcept { return response_; }
  const ParseError& error() const noexcept { return error_; }
  /// The complete body, to be taken away once.
  std::string take_body();

 private:
  std::size_t feed_head(std::string_view data);
  void end_head();
  void begin_body();
  void finish();
  void fail(const ParseError& error);

  Limits limits_;
  Asked asked_;
  State state_ = State::head;
  bool begun_ = false;
  std::uint32_t interim_ = 0;  // 1xx seen
  HeadText head_;
  std::optional<BodyReader> body_;
  ReceivedResponse response_;
  ParseError error_;
};

}  // namespace trellis::http

/// Turns bytes into HTTP/1.1 requests, without any socket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "body.hpp"
#include "fields.hpp"
#include "request.hpp"

namespace trellis::http {

/// Reads one request after another from one connection.
///
/// feed() stops at two places although there may be more bytes: when a head is complete, so that the caller may answer
/// "Expect: 100-continue", refuse early or change the protocol; and when the request is complete. To read a body, just
/// go on feeding; to read the next request, call next() first.
///
/// Owned by one connection. A parser between two requests holds no buffer.
class RequestParser {
 public:
  enum class State {
    idle,      ///< no byte of a request seen
    head,      ///< inside the request line or the header fields
    body,      ///< request() has its head; the body is being read
    complete,  ///< request() is whole, its body decompressed
    failed     ///< error() tells why; further bytes mean nothing
  };

  explicit RequestParser(const Limits& limits) : limits_(limits) {}
  RequestParser(const RequestParser&) = delete;  // request() points into our buffers
  RequestParser& operator=(const RequestParser&) = delete;

  /// Answers how many bytes were used. 0 with bytes offered means that state() is complete or failed.
  std::size_t feed(std::string_view data);

  State state() const noexcept { return state_; }
  const Request& request() const noexcept { return request_; }
  const ParseError& error() const noexcept { return error_; }
  /// The request's line and fields as they came, as far as they did.
  std::string_view head() const noexcept { return head_.text; }

  /// Bytes kept of a body that is not complete.
  std::size_t unfinished() const noexcept { return state_ == State::body ? body_->bytes.size() : 0; }

  /// Forgets the complete request and all views into it, and frees its memory.
  void next();

 private:
  std::size_t feed_head(std::string_view data);
  std::size_t feed_body(std::string_view data);
  std::size_t skip_empty_line(std::string_view data);
  void end_head();
  void finish();
  void fail(const ParseError& error);

  const Limits& limits_;
  State state_ = State::idle;
  bool empty_line_skipped_ = false;
  HeadText head_;
  std::optional<BodyReader> body_;
  Request request_;
  ParseError error_;
};

}  // namespace trellis::http

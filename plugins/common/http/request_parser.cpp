#include "request_parser.hpp"

#include "characters.hpp"
#include "head.hpp"

namespace trellis::http {

std::size_t RequestParser::feed(std::string_view data) {
  switch (state_) {
    case State::idle:
    case State::head:
      return feed_head(data);
    case State::body:
      return feed_body(data);
    case State::complete:
    case State::failed:
      break;
  }
  return 0;
}

// Some clients send an empty line after a body. One is forgiven before a request (RFC 9112, 2.2). Its two bytes may
// arrive apart, so they go through head_ like all others.
std::size_t RequestParser::skip_empty_line(std::string_view data) {
  head_.text.push_back(data.front());
  if (head_.text == "\r\n") {
    head_.clear();
    state_ = State::idle;
    empty_line_skipped_ = true;
  }
  return 1;
}

std::size_t RequestParser::feed_head(std::string_view data) {
  if (data.empty()) return 0;
  state_ = State::head;
  const std::string& begun = head_.text;
  if (!empty_line_skipped_ && ((begun.empty() && data.front() == '\r') || (begun == "\r" && data.front() == '\n'))) {
    return skip_empty_line(data);
  }

  // Somebody speaks TLS or a binary protocol to us: no need to wait for the end of a head that never comes.
  if (begun.empty() && !is_token_char(data.front())) {
    fail({400, "this is not an HTTP request"});
    return 1;
  }
  const std::size_t used = head_.take(data, limits_);
  if (head_.too_long(limits_)) {
    fail({431, "the request line and the header fields are too long"});
  } else if (head_.complete()) {
    end_head();
  }
  return used;
}

void RequestParser::end_head() {
  if (const auto error = parse_head(head_.text, limits_, request_)) return fail(*error);
  body_.emplace(limits_);
  if (!request_.has_body()) return finish();
  state_ = State::body;
  if (request_.chunked) {
    body_->begin_chunked();
  } else {
    body_->begin_length(*request_.content_length);
  }
}

std::size_t RequestParser::feed_body(std::string_view data) {
  const std::size_t used = body_->feed(data);
  if (body_->error()) fail(*body_->error());
  if (body_->complete()) finish();
  return used;
}

void RequestParser::finish() {
  request_.body = body_->bytes;
  if (const auto error = request_.decode(limits_, body_->bytes)) return fail(*error);
  state_ = State::complete;
}

void RequestParser::fail(const ParseError& error) {
  error_ = error;
  state_ = State::failed;
}

void RequestParser::next() {
  head_.clear();
  body_.reset();
  request_ = Request();
  empty_line_skipped_ = false;
  state_ = State::idle;
}

}  // namespace trellis::http

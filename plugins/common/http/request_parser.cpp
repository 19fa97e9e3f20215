#include "request_parser.hpp"

#include <algorithm>

#include "characters.hpp"
#include "head.hpp"

namespace trellis::http {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
// Room made for an announced body before its bytes are there. A client has to send something to make us hold more.
constexpr std::size_t kBodyReserve = 64 * 1024;

}  // namespace

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
  head_.push_back(data.front());
  if (head_ == "\r\n") {
    head_.clear();
    state_ = State::idle;
    empty_line_skipped_ = true;
  }
  return 1;
}

std::size_t RequestParser::feed_head(std::string_view data) {
  if (data.empty()) return 0;
  state_ = State::head;
  if (!empty_line_skipped_ && ((head_.empty() && data.front() == '\r') || (head_ == "\r" && data.front() == '\n'))) {
    return skip_empty_line(data);
  }

  // Somebody speaks TLS or a binary protocol to us: no need to wait for the end of a head that never comes.
  if (head_.empty() && !is_token_char(data.front())) {
    fail({400, "this is not an HTTP request"});
    return 1;
  }

  // The end may straddle two reads: look again at the last three bytes we had. One byte more than the limit is kept,
  // so that the head is known to be too long.
  const std::size_t old_size = head_.size();
  const std::size_t room = limits_.head_bytes + 1 - std::min(limits_.head_bytes + 1, old_size);
  head_.append(data.substr(0, room));
  const std::size_t end = head_.find(kHeadEnd, old_size - std::min<std::size_t>(old_size, kHeadEnd.size() - 1));
  if (end == std::string::npos) {
    if (head_.size() > limits_.head_bytes) fail({431, "the request line and the header fields are too long"});
    return std::min(room, data.size());
  }
  head_.resize(end + kHeadEnd.size());
  end_head();
  return head_.size() - old_size;
}

void RequestParser::end_head() {
  if (head_.size() > limits_.head_bytes) return fail({431, "the request line and the header fields are too long"});
  if (const auto error = parse_head(head_, limits_, request_)) return fail(*error);
  if (!request_.has_body()) return finish();
  state_ = State::body;
  if (request_.chunked) {
    chunked_.emplace(limits_);
  } else {
    body_.reserve(std::min<std::size_t>(static_cast<std::size_t>(*request_.content_length), kBodyReserve));
  }
}

std::size_t RequestParser::feed_body(std::string_view data) {
  if (chunked_) {
    const std::size_t used = chunked_->feed(data, body_);
    if (chunked_->error()) fail(*chunked_->error());
    if (chunked_->complete()) finish();
    return used;
  }
  const std::size_t missing = static_cast<std::size_t>(*request_.content_length) - body_.size();
  const std::size_t taken = std::min(missing, data.size());
  body_.append(data.substr(0, taken));
  if (taken == missing) finish();
  return taken;
}

void RequestParser::finish() {
  request_.body = body_;
  if (const auto error = request_.decode(limits_, body_)) return fail(*error);
  state_ = State::complete;
}

void RequestParser::fail(const ParseError& error) {
  error_ = error;
  state_ = State::failed;
}

void RequestParser::next() {
  head_ = std::string();
  body_ = std::string();
  request_ = Request();
  chunked_.reset();
  empty_line_skipped_ = false;
  state_ = State::idle;
}

}  // namespace trellis::http

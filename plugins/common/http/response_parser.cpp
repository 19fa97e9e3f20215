#include "response_parser.hpp"

#include <algorithm>
#include <utility>

#include "characters.hpp"
#include "content_coding.hpp"
#include "response_writer.hpp"

namespace trellis::http {
namespace {

constexpr std::string_view kVersion = "HTTP/1.";
// A server may say a few times that it is at work; one that says nothing else keeps us reading for nothing.
constexpr std::uint32_t kMostInterim = 16;

ParseError bad(std::string_view message) { return {400, message}; }

// "HTTP/1.1 200 OK"; the blank before an empty reason is often left out.
std::optional<ParseError> parse_status_line(std::string_view line, ReceivedResponse& response) {
  static constexpr std::size_t kCode = 9;  // where the status begins
  const bool shaped = line.size() >= kCode + 3 && line.starts_with(kVersion) && is_digit(line[7]) && line[8] == ' ' &&
                      std::all_of(line.begin() + kCode, line.begin() + kCode + 3, is_digit) &&
                      (line.size() == kCode + 3 || line[kCode + 3] == ' ');
  if (!shaped) return bad("the status line is not version, status and reason with single blanks between them");
  if (line[7] > '1') return bad("only HTTP/1.1 and HTTP/1.0 are spoken here");
  response.minor = line[7] == '1' ? 1 : 0;
  for (std::size_t i = kCode; i < kCode + 3; ++i) {
    response.status = response.status * 10 + static_cast<std::uint32_t>(line[i] - '0');
  }
  if (response.status < 100) return bad("the status is below 100");
  response.reason = line.substr(std::min(line.size(), kCode + 4));
  if (std::all_of(response.reason.begin(), response.reason.end(), is_field_char)) return std::nullopt;
  return bad("the status line contains a control character");
}

std::optional<ParseError> parse_response_head(std::string& head, const Limits& limits, ReceivedResponse& response) {
  std::string_view rest = head;
  const auto line = next_line(rest);
  if (!line) return bad("the status line does not end in CR LF");
  if (auto error = parse_status_line(*line, response)) return error;
  if (auto error = parse_fields(head, rest, limits, response.headers)) return error;
  return interpret_framing(response);
}

}  // namespace

std::size_t ResponseParser::feed(std::string_view data) {
  if (data.empty() || state_ == State::complete || state_ == State::failed) return 0;
  begun_ = true;
  if (state_ == State::head) return feed_head(data);
  const std::size_t used = body_->feed(data);
  if (body_->error()) fail(*body_->error());
  if (body_->complete()) finish();
  return used;
}

std::size_t ResponseParser::feed_head(std::string_view data) {
  const std::size_t used = head_.take(data, limits_);
  const std::string_view begin = std::string_view(head_.text).substr(0, kVersion.size());
  if (begin != kVersion.substr(0, begin.size())) {
    fail(bad("this is not an HTTP/1 response"));
  } else if (head_.too_long(limits_)) {
    fail({431, "the status line and the header fields are too long"});
  } else if (head_.complete()) {
    end_head();
  }
  return used;
}

void ResponseParser::end_head() {
  if (const auto error = parse_response_head(head_.text, limits_, response_)) return fail(*error);
  if (response_.status >= 200) return begin_body();
  if (response_.status == 101) return fail(bad("the server changes the protocol, which nobody asked for"));
  if (++interim_ > kMostInterim) return fail(bad("there are too many interim responses"));
  response_ = ReceivedResponse();
  head_.clear();
}

void ResponseParser::begin_body() {
  body_.emplace(limits_);
  const bool tunnel = asked_ == Asked::tunnel && response_.status < 300;
  if (tunnel || asked_ == Asked::head || !has_body(response_.status)) return finish();
  // Several fields are several codings, which are as unknown as any other that is not spoken here.
  const auto coded = [](const Header& header) { return header.name == "content-encoding"; };
  if (std::count_if(response_.headers.begin(), response_.headers.end(), coded) == 1) {
    response_.coding = parse_content_encoding(*response_.header("content-encoding")).value_or(ContentCoding::identity);
  }
  state_ = State::body;
  if (response_.chunked) return body_->begin_chunked();
  if (!response_.content_length) {
    response_.keep_alive = false;
    return body_->begin_until_close();
  }
  if (*response_.content_length > limits_.body_bytes) return fail({413, "the body is too large"});
  body_->begin_length(*response_.content_length);
  if (body_->complete()) finish();
}

void ResponseParser::end() {
  if (state_ == State::complete || state_ == State::failed) return;
  if (body_) body_->end();
  if (body_ && body_->complete()) return finish();
  fail(bad(begun_ ? "the connection ended within the response" : "the connection ended before the response"));
}

void ResponseParser::finish() {
  response_.body = body_->bytes;
  if (const auto error = response_.decode(limits_, body_->bytes)) return fail(*error);
  state_ = State::complete;
}

std::string ResponseParser::take_body() {
  response_.body = {};
  return body_ ? std::exchange(body_->bytes, {}) : std::string();
}

void ResponseParser::fail(const ParseError& error) {
  error_ = error;
  state_ = State::failed;
}

}  // namespace trellis::http

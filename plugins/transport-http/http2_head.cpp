#include "http2_head.hpp"

#include <algorithm>

#include "common/http/head.hpp"

namespace transport_http {

using trellis::http::ParseError;
using trellis::http::Request;

namespace {

constexpr std::size_t kFieldOverhead = 4;  // ": " and the line's end, so that a head is as long as in HTTP/1.1

}  // namespace

void Http2Head::add(std::string_view name, std::string_view value) {
  const bool pseudo = name.starts_with(':');
  if (pseudo && name == ":path" && value.size() > limits_.target_bytes) {
    fail({414, "the request target is too long"});
  }
  if (!count(name, value) || error_) return;
  if (pseudo) return add_pseudo(name, value);
  // Clients send each cookie as a field of its own, to compress them better. Services see one (RFC 9113, 8.2.3).
  const auto cookie =
      std::find_if(fields_.begin(), fields_.end(), [](const Field& one) { return one.name == "cookie"; });
  if (name == "cookie" && cookie != fields_.end()) {
    cookie->value.append("; ").append(value);
  } else {
    fields_.push_back({std::string(name), std::string(value)});
  }
}

bool Http2Head::count(std::string_view name, std::string_view value) {
  bytes_ += name.size() + value.size() + kFieldOverhead;
  count_ += name.starts_with(':') ? 0 : 1;
  if (bytes_ > limits_.head_bytes) fail({431, "the header fields are too long"});
  if (count_ > limits_.header_count) fail({431, "there are too many header fields"});
  return bytes_ <= limits_.head_bytes && count_ <= limits_.header_count;
}

// That there is one of each, and no other, nghttp2 has checked.
void Http2Head::add_pseudo(std::string_view name, std::string_view value) {
  if (name == ":method") method_ = value;
  if (name == ":path") target_ = value;
  if (name == ":authority") authority_ = value;
}

void Http2Head::fail(const ParseError& error) {
  if (!error_) error_ = error;
}

std::optional<ParseError> Http2Head::finish(Request& request) {
  request.method = method_;  // also for who is refused: HEAD is answered without a body
  if (error_) return error_;
  // HTTP/1.1 has targets with a host in them, for proxies; here that is what :authority is for.
  const bool absolute = !target_.starts_with('/') && target_ != "*";
  if (absolute && method_ != "CONNECT") return ParseError{400, "the path does not begin with a slash"};
  if (auto error = trellis::http::take_target(method_, target_, limits_, request)) return error;
  if (!take_authority()) return ParseError{400, "the Host field contradicts the authority"};
  request.headers.reserve(fields_.size());
  for (const Field& field : fields_) request.headers.push_back({field.name, field.value});
  return trellis::http::interpret_fields(limits_, request);
}

// Services read the host from the Host field, whatever the version.
bool Http2Head::take_authority() {
  if (authority_.empty()) return true;
  const auto host = std::find_if(fields_.begin(), fields_.end(), [](const Field& one) { return one.name == "host"; });
  if (host != fields_.end()) return host->value == authority_;
  fields_.push_back({"host", authority_});
  return true;
}

void Http2Head::forget() {
  fields_ = {};
  method_ = std::string();
  target_ = std::string();
  authority_ = std::string();
}

}  // namespace transport_http

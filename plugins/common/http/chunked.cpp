#include "chunked.hpp"

#include <algorithm>

#include "characters.hpp"
#include "fields.hpp"

namespace trellis::http {
namespace {

// A size line carries at most 16 digits and extensions nobody uses; more is an attempt to keep us reading for nothing.
constexpr std::size_t kSizeLineBytes = 256;
constexpr std::size_t kSizeDigits = 15;  // fits 60 bits

std::optional<std::uint64_t> parse_size(std::string_view line) {
  std::uint64_t size = 0;
  std::size_t digits = 0;
  while (digits < line.size() && hex_value(line[digits]) >= 0) {
    size = size * 16 + static_cast<std::uint64_t>(hex_value(line[digits]));
    if (++digits > kSizeDigits) return std::nullopt;
  }
  const std::string_view extensions = trim(line.substr(digits));
  const bool plain = std::all_of(extensions.begin(), extensions.end(), is_field_char);
  const bool begins_right = extensions.empty() || extensions.front() == ';';
  if (digits == 0 || !plain || !begins_right) return std::nullopt;
  return size;
}

}  // namespace

std::size_t ChunkedBody::feed(std::string_view data, std::string& body) {
  std::size_t used = 0;
  while (used < data.size() && state_ != State::complete && state_ != State::failed) {
    const std::string_view rest = data.substr(used);
    if (state_ == State::data) {
      used += feed_data(rest, body);
      continue;
    }
    const std::size_t taken = feed_line(rest);
    used += taken;
    const bool line_ended = text_.ends_with("\r\n");
    if (state_ == State::failed || !line_ended) continue;
    if (state_ == State::size_line) {
      end_size_line(body.size());
    } else if (state_ == State::data_end) {
      if (text_.size() != 2) fail(400, "a chunk is longer than it said");
      text_.clear();
      if (state_ != State::failed) state_ = State::size_line;
    } else {
      end_trailer_line();
    }
  }
  return used;
}

// Moves bytes up to and including the next LF into text_.
std::size_t ChunkedBody::feed_line(std::string_view data) {
  const std::size_t newline = data.find('\n');
  const std::size_t taken = newline == std::string_view::npos ? data.size() : newline + 1;
  const std::size_t limit = state_ == State::trailers ? limits_.head_bytes : kSizeLineBytes;
  if (taken > limit - std::min(limit, text_.size())) {
    fail(400, "a chunk's size line or the trailers are too long");
    return taken;
  }
  text_.append(data.substr(0, taken));
  if (newline != std::string_view::npos && !text_.ends_with("\r\n")) fail(400, "a line of the body ends in a bare LF");
  return taken;
}

std::size_t ChunkedBody::feed_data(std::string_view data, std::string& body) {
  const std::size_t taken = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, data.size()));
  body.append(data.substr(0, taken));
  remaining_ -= taken;
  if (remaining_ == 0) state_ = State::data_end;
  return taken;
}

void ChunkedBody::end_size_line(std::size_t body_size) {
  const auto size = parse_size(std::string_view(text_).substr(0, text_.size() - 2));
  text_.clear();
  if (!size) return fail(400, "a chunk's size is not a hexadecimal number");
  if (*size > limits_.body_bytes - body_size) return fail(413, "the body is too large");
  remaining_ = *size;
  state_ = *size == 0 ? State::trailers : State::data;
  line_begin_ = 0;
}

void ChunkedBody::end_trailer_line() {
  const bool last = text_.size() - line_begin_ == 2;
  line_begin_ = text_.size();
  if (!last) return;
  error_ = check_trailers(text_, limits_);
  state_ = error_ ? State::failed : State::complete;
}

void ChunkedBody::fail(std::uint32_t status, std::string_view message) {
  error_ = ParseError{status, message};
  state_ = State::failed;
}

}  // namespace trellis::http

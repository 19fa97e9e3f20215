#include "body.hpp"

#include <algorithm>

namespace trellis::http {
namespace {

// Room made for an announced body before its bytes are there. A peer has to send something to make us hold more.
constexpr std::size_t kReserve = 64 * 1024;

}  // namespace

void BodyReader::begin_length(std::uint64_t length) {
  length_ = length;
  complete_ = length == 0;
  bytes.reserve(std::min<std::size_t>(static_cast<std::size_t>(length), kReserve));
}

std::size_t BodyReader::feed(std::string_view data) {
  if (complete_ || error_) return 0;
  if (until_close_) return feed_until_close(data);
  if (chunked_) {
    const std::size_t used = chunked_->feed(data, bytes);
    error_ = chunked_->error();
    complete_ = chunked_->complete();
    return used;
  }
  const std::size_t taken = std::min(static_cast<std::size_t>(length_) - bytes.size(), data.size());
  bytes.append(data.substr(0, taken));
  complete_ = bytes.size() == length_;
  return taken;
}

std::size_t BodyReader::feed_until_close(std::string_view data) {
  if (data.size() > limits_.body_bytes - bytes.size()) {
    error_ = ParseError{413, "the body is too large"};
    return 0;
  }
  bytes.append(data);
  return data.size();
}

}  // namespace trellis::http

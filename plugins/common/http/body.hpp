/// Reads the body of one message, however its length is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "chunked.hpp"
#include "message.hpp"

namespace trellis::http {

/// Call one of the three begin_…() first. Never holds more than Limits::body_bytes.
class BodyReader {
 public:
  explicit BodyReader(const Limits& limits) : limits_(limits) {}

  void begin_chunked() { chunked_.emplace(limits_); }
  /// Of a known length, which the caller held against the limit.
  void begin_length(std::uint64_t length);
  /// Everything up to the end of the connection, which end() tells.
  void begin_until_close() { until_close_ = true; }

  /// Appends what `data` adds to the body and answers how many bytes were used: all of them, unless the body is
  /// complete or wrong.
  std::size_t feed(std::string_view data);
  /// The peer sends no more.
  void end() noexcept { complete_ = complete_ || until_close_; }

  bool complete() const noexcept { return complete_; }
  const std::optional<ParseError>& error() const noexcept { return error_; }

  std::string bytes;  ///< what there is

 private:
  std::size_t feed_until_close(std::string_view data);

  const Limits& limits_;
  std::optional<ChunkedBody> chunked_;
  std::uint64_t length_ = 0;
  bool until_close_ = false;
  bool complete_ = false;
  std::optional<ParseError> error_;
};

}  // namespace trellis::http

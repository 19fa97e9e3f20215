/// Takes the chunked transfer coding off a body (RFC 9112, 7.1).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "message.hpp"

namespace trellis::http {

/// A body that arrives in chunks. Bytes may come in any cut.
class ChunkedBody {
 public:
  explicit ChunkedBody(const Limits& limits) : limits_(limits) {}

  /// Appends what `data` adds to the body and answers how many bytes were used: all of them, unless the body is
  /// complete or wrong.
  std::size_t feed(std::string_view data, std::string& body);

  bool complete() const noexcept { return state_ == State::complete; }
  const std::optional<ParseError>& error() const noexcept { return error_; }

 private:
  enum class State { size_line, data, data_end, trailers, complete, failed };

  std::size_t feed_line(std::string_view data);
  std::size_t feed_data(std::string_view data, std::string& body);
  void end_size_line(std::size_t body_size);
  void end_trailer_line();
  void fail(std::uint32_t status, std::string_view message);

  const Limits& limits_;
  State state_ = State::size_line;
  std::string text_;             // the unfinished size line, chunk end or trailer section
  std::size_t line_begin_ = 0;   // of the unfinished line in text_
  std::uint64_t remaining_ = 0;  // bytes missing from the current chunk
  std::optional<ParseError> error_;
};

}  // namespace trellis::http

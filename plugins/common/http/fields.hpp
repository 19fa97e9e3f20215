/// Reads the parts of a head that requests and responses share: lines and header fields.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "message.hpp"

namespace trellis::http {

/// Collects the bytes of a head, up to and including its empty line. They may come in any cut.
class HeadText {
 public:
  /// Appends what belongs to the head and answers how many bytes that were. One byte more than the limit is kept, so
  /// that a head is known to be too long.
  std::size_t take(std::string_view data, const Limits& limits);
  /// Forgets everything and frees its memory.
  void clear();

  bool complete() const noexcept { return complete_; }
  bool too_long(const Limits& limits) const noexcept { return text.size() > limits.head_bytes; }

  std::string text;  ///< what there is

 private:
  bool complete_ = false;
};

/// Cuts the next line off `rest`. Nothing when it does not end in CR LF or contains a lone CR or LF.
std::optional<std::string_view> next_line(std::string_view& rest);

/// Reads the fields at `rest`, a part of `text`, up to and including the empty line and appends them to `headers`.
/// Names become lower case in place, which is why the text has to be ours. Answers what is wrong: what RFC 9112 lets a
/// reader repair is refused instead (bare LF or CR, folded lines, blanks before the colon).
std::optional<ParseError> parse_fields(std::string& text, std::string_view rest, const Limits& limits,
                                       std::vector<Header>& headers);

/// Reads the fields of a trailer section, up to and including the empty line, and throws them away.
std::optional<ParseError> check_trailers(std::string& trailers, const Limits& limits);

/// Gives meaning to the fields that tell where the message ends: Content-Length, Transfer-Encoding and Connection.
/// Repeated or contradicting ones are refused.
std::optional<ParseError> interpret_framing(Message& message);

}  // namespace trellis::http

// Cuts an expression into words, numbers, texts and signs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cesql {

enum class Token : std::uint8_t {
  end,
  word,     // attribute or function
  integer,  // digits, without a sign
  text,     // in quotes
  // keywords, in any case
  logical_and,
  logical_or,
  logical_xor,
  logical_not,
  like,
  exists,
  in,
  yes,
  no,
  // signs
  plus,
  minus,
  star,
  slash,
  percent,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  open,
  close,
  comma,
  // mistakes
  unknown,
  unfinished_text,
};

/// Looks one token ahead.
class Lexer {
 public:
  explicit Lexer(std::string_view source) noexcept : source_(source) { read(0); }

  Token token() const noexcept { return token_; }
  std::string_view text() const noexcept { return source_.substr(begin_, end_ - begin_); }
  void advance() noexcept { read(end_); }
  /// Whether the next token begins where this one ends, as in `-5`.
  bool touches_next() const noexcept;
  /// Whether a text begins with the quote that a text before it ended with, as in `'it''s'`.
  bool doubles_quote() const noexcept;
  /// Of the token, in characters, counted from 1.
  std::size_t column() const noexcept;
  /// As a message shows it: "AND" in quotes, or: the end.
  std::string shown() const;

 private:
  void read(std::size_t from) noexcept;
  Token read_word() noexcept;
  Token read_text() noexcept;
  Token read_sign() noexcept;

  std::string_view source_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  Token token_ = Token::end;
};

/// What stands between the quotes; a backslash before the quote is left out, and before everything else stays.
std::string unquoted(std::string_view literal);

}  // namespace cesql

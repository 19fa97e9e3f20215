#include "common/cesql/lexer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/cesql/characters.hpp"

namespace cesql {
namespace {

constexpr std::array<std::pair<std::string_view, Token>, 9> kKeywords = {{{"AND", Token::logical_and},
                                                                          {"OR", Token::logical_or},
                                                                          {"XOR", Token::logical_xor},
                                                                          {"NOT", Token::logical_not},
                                                                          {"LIKE", Token::like},
                                                                          {"EXISTS", Token::exists},
                                                                          {"IN", Token::in},
                                                                          {"TRUE", Token::yes},
                                                                          {"FALSE", Token::no}}};

// The longer of two that begin alike comes first.
constexpr std::array<std::pair<std::string_view, Token>, 15> kSigns = {{{"!=", Token::not_equal},
                                                                        {"<>", Token::not_equal},
                                                                        {"<=", Token::less_equal},
                                                                        {">=", Token::greater_equal},
                                                                        {"<", Token::less},
                                                                        {">", Token::greater},
                                                                        {"=", Token::equal},
                                                                        {"+", Token::plus},
                                                                        {"-", Token::minus},
                                                                        {"*", Token::star},
                                                                        {"/", Token::slash},
                                                                        {"%", Token::percent},
                                                                        {"(", Token::open},
                                                                        {")", Token::close},
                                                                        {",", Token::comma}}};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_letter(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_keyword(std::string_view word, std::string_view keyword) noexcept {
  return std::equal(word.begin(), word.end(), keyword.begin(), keyword.end(),
                    [](char a, char b) { return is_letter(a) && (a & ~0x20) == b; });
}

}  // namespace

bool Lexer::touches_next() const noexcept { return end_ < source_.size() && !is_blank(source_[end_]); }

bool Lexer::doubles_quote() const noexcept {
  return token_ == Token::text && begin_ > 0 && source_[begin_ - 1] == source_[begin_];
}

std::size_t Lexer::column() const noexcept { return length(source_.substr(0, begin_)) + 1; }

std::string Lexer::shown() const {
  if (token_ == Token::end) return "the end";
  constexpr std::size_t kMost = 32;
  const std::string_view whole = text();
  const std::size_t cut = offset(whole, kMost);
  return "\"" + std::string(whole.substr(0, cut)) + (cut < whole.size() ? "…\"" : "\"");
}

void Lexer::read(std::size_t from) noexcept {
  while (from < source_.size() && is_blank(source_[from])) ++from;
  begin_ = end_ = from;
  if (from == source_.size()) {
    token_ = Token::end;
  } else if (is_letter(source_[from]) || is_digit(source_[from])) {
    token_ = read_word();
  } else if (source_[from] == '\'' || source_[from] == '"') {
    token_ = read_text();
  } else {
    token_ = read_sign();
  }
}

Token Lexer::read_word() noexcept {
  const auto belongs = [](char c) { return is_letter(c) || is_digit(c) || c == '_'; };
  while (end_ < source_.size() && belongs(source_[end_])) ++end_;
  const std::string_view word = text();
  if (std::all_of(word.begin(), word.end(), is_digit)) return Token::integer;
  for (const auto& [keyword, token] : kKeywords) {
    if (is_keyword(word, keyword)) return token;
  }
  return Token::word;
}

Token Lexer::read_text() noexcept {
  const char quote = source_[end_++];
  while (end_ < source_.size()) {
    const char c = source_[end_++];
    if (c == quote) return Token::text;
    if (c == '\\' && end_ < source_.size()) ++end_;
  }
  return Token::unfinished_text;
}

Token Lexer::read_sign() noexcept {
  const std::string_view rest = source_.substr(begin_);
  for (const auto& [sign, token] : kSigns) {
    if (!rest.starts_with(sign)) continue;
    end_ = begin_ + sign.size();
    return token;
  }
  end_ = next(source_, begin_);
  return Token::unknown;
}

std::string unquoted(std::string_view literal) {
  const char quote = literal.front();
  const std::string_view inside = literal.substr(1, literal.size() - 2);
  std::string out;
  out.reserve(inside.size());
  for (std::size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\\' && i + 1 < inside.size()) {
      // Two backslashes are a pair that hides no quote; both of them stay.
      if (inside[i + 1] != quote) out += inside[i];
      ++i;
    }
    out += inside[i];
  }
  return out;
}

}  // namespace cesql

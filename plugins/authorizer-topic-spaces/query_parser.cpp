#include "query_parser.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <trellis/json.hpp>
#include <utility>

namespace topic_spaces {
namespace {

constexpr std::string_view kAttributes = "attributes.";
constexpr std::string_view kName = "authenticationName";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool in_word(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

trellis::Result<GroupQuery> GroupQuery::parse(std::string_view text) { return QueryParser(text).parse(); }

trellis::Result<GroupQuery> QueryParser::parse() {
  if (text_.size() > GroupQuery::kMostBytes) {
    return trellis::fail("it has " + std::to_string(text_.size()) + " bytes, at most " +
                         std::to_string(GroupQuery::kMostBytes) + " are allowed");
  }
  next();
  if (any_of(0) && (token_ == Token::end || refuse("'and', 'or' or the end"))) return std::move(query_);
  const std::string found =
      token_ == Token::end ? "the end" : trellis::json::quote(text_.substr(begins_, at_ - begins_));
  return trellis::fail("byte " + std::to_string(begins_) + ": expected " + expected_ + ", found " + found);
}

bool QueryParser::refuse(std::string_view expected) {
  expected_ = expected;
  return false;
}

bool QueryParser::is_word(std::string_view lower_case) const {
  return token_ == Token::word && std::ranges::equal(word_, lower_case, [](char a, char b) { return lower(a) == b; });
}

void QueryParser::next() {
  while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  begins_ = at_;
  word_.clear();
  token_ = Token::end;
  if (at_ == text_.size()) return;
  const char c = text_[at_];
  if (c == '"' || c == '\'') return next_text(c);
  if (is_digit(c) || c == '-') return next_integer();
  token_ = Token::word;
  while (at_ < text_.size() && in_word(text_[at_])) word_ += text_[at_++];
  if (!word_.empty()) return;
  for (const std::string_view symbol : {"!=", "<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ","}) {
    if (!text_.substr(at_).starts_with(symbol)) continue;
    token_ = Token::symbol;
    word_ = symbol;
    at_ += symbol.size();
    return;
  }
  token_ = Token::broken;
  ++at_;
}

void QueryParser::next_text(char quote) {
  token_ = Token::broken;
  ++at_;
  while (at_ < text_.size()) {
    const char c = text_[at_++];
    if (c == quote) {
      token_ = Token::text;
      return;
    }
    const bool escapes = c == '\\' && at_ < text_.size() && (text_[at_] == quote || text_[at_] == '\\');
    word_ += escapes ? text_[at_++] : c;
  }
}

void QueryParser::next_integer() {
  const char* const begin = text_.data() + at_;
  const char* const end = text_.data() + text_.size();
  const auto parsed = std::from_chars(begin, end, number_);
  token_ = parsed.ec == std::errc{} && (parsed.ptr == end || !in_word(*parsed.ptr)) ? Token::integer : Token::broken;
  at_ += std::max<std::size_t>(1, static_cast<std::size_t>(parsed.ptr - begin));
}

void QueryParser::join(Kind kind, std::size_t left) {
  const std::size_t right = query_.nodes_.size() - 1;
  query_.nodes_.push_back({kind, left, right});
}

bool QueryParser::any_of(std::size_t depth) {
  if (!all_of(depth)) return false;
  while (is_word("or")) {
    const std::size_t left = query_.nodes_.size() - 1;
    next();
    if (!all_of(depth)) return false;
    join(Kind::either, left);
  }
  return true;
}

bool QueryParser::all_of(std::size_t depth) {
  if (!primary(depth)) return false;
  while (is_word("and")) {
    const std::size_t left = query_.nodes_.size() - 1;
    next();
    if (!primary(depth)) return false;
    join(Kind::both, left);
  }
  return true;
}

bool QueryParser::primary(std::size_t depth) {
  if (!is_symbol("(")) return comparison();
  if (depth == GroupQuery::kMostDepth) return refuse("no deeper nesting than " + std::to_string(depth));
  next();
  if (!any_of(depth + 1)) return false;
  if (!is_symbol(")")) return refuse("')'");
  next();
  return true;
}

bool QueryParser::comparison() {
  static constexpr std::pair<std::string_view, Kind> kSymbols[] = {
      {"=", Kind::equal},   {"!=", Kind::unequal}, {"<>", Kind::unequal}, {"<", Kind::less},
      {">", Kind::greater}, {"<=", Kind::at_most}, {">=", Kind::at_least}};
  GroupQuery::Node node{Kind::among};
  if (!operand(node)) return false;
  if (is_word("in")) {
    next();
    if (!literals(node)) return false;
    query_.nodes_.push_back(std::move(node));
    return true;
  }
  const auto* const symbol = std::ranges::find_if(kSymbols, [&](const auto& one) { return is_symbol(one.first); });
  if (symbol == std::end(kSymbols)) return refuse("a comparison (=, !=, <, >, <=, >=, IN)");
  node.kind = symbol->second;
  next();
  const bool of_numbers = node.kind != Kind::equal && node.kind != Kind::unequal;
  if (of_numbers && token_ != Token::integer) return refuse("a whole number");
  if (!literal(node)) return false;
  query_.nodes_.push_back(std::move(node));
  return true;
}

bool QueryParser::operand(GroupQuery::Node& node) {
  if (token_ == Token::word && word_ == kName) {
    next();
    return true;
  }
  if (token_ != Token::word || !word_.starts_with(kAttributes) ||
      !rights::is_attribute_name(std::string_view(word_).substr(kAttributes.size()))) {
    return refuse("attributes.<name>, authenticationName or '('");
  }
  node.attribute = word_.substr(kAttributes.size());
  next();
  return true;
}

bool QueryParser::literal(GroupQuery::Node& node) {
  if (token_ == Token::text) {
    node.literals.emplace_back(word_);
  } else if (token_ == Token::integer) {
    node.literals.emplace_back(number_);
  } else {
    return refuse("a text in quotes or a whole number");
  }
  next();
  return true;
}

bool QueryParser::literals(GroupQuery::Node& node) {
  if (!is_symbol("[")) return refuse("'['");
  do {
    next();
    if (!literal(node)) return false;
  } while (is_symbol(","));
  if (!is_symbol("]")) return refuse("',' or ']'");
  next();
  return true;
}

}  // namespace topic_spaces

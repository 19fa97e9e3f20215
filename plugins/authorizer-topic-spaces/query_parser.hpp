// From the text of a group's query to its compiled form.
#pragma once

#include <string>
#include <string_view>
#include <trellis/result.hpp>

#include "group_query.hpp"

namespace topic_spaces {

/// `or` binds weakest, then `and`; keywords in any case; texts in either quotes, with a backslash before a quote or a
/// backslash inside. One use.
class QueryParser {
 public:
  explicit QueryParser(std::string_view text) : text_(text) {}
  trellis::Result<GroupQuery> parse();

 private:
  using Kind = GroupQuery::Kind;
  using Literal = GroupQuery::Literal;
  enum class Token : std::uint8_t { end, word, text, integer, symbol, broken };

  void next();
  void next_text(char quote);
  void next_integer();
  bool is_symbol(std::string_view symbol) const { return token_ == Token::symbol && word_ == symbol; }
  bool is_word(std::string_view lower_case) const;
  bool refuse(std::string_view expected);

  bool any_of(std::size_t depth);
  bool all_of(std::size_t depth);
  bool primary(std::size_t depth);
  bool comparison();
  bool operand(GroupQuery::Node& node);
  bool literal(GroupQuery::Node& node);
  bool literals(GroupQuery::Node& node);
  void join(Kind kind, std::size_t left);

  std::string_view text_;
  std::size_t at_ = 0;      // behind the token
  std::size_t begins_ = 0;  // where it begins
  Token token_ = Token::end;
  std::string word_;  // the token
  std::int64_t number_ = 0;
  std::string expected_;  // once refused
  GroupQuery query_;
};

}  // namespace topic_spaces

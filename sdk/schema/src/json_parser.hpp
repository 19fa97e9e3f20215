// Reads JSON with comments strictly, keeps where everything stands, and explains mistakes the way people make them.
#pragma once

#include <json/value.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/schema/source_text.hpp>
#include <vector>

namespace trellis::schema {

struct SyntaxNote {
  Span where;
  std::string text;
};

struct SyntaxError {
  Span where;
  std::string pointer;
  std::string message;
  std::string suggestion = {};
  std::vector<SyntaxNote> notes = {};
};

struct KeyPlace {
  std::size_t value_begin = 0;
  Span key;
};

struct ParsedText {
  bool usable = false;  // false: the brackets or the words between them could not be made sense of
  Json::Value root;     // every value carries its offsets
  std::vector<KeyPlace> keys;
  std::vector<std::size_t> broken;  // where values begin that could not be read; they are null
  std::vector<SyntaxError> errors;
};

/// Why our own and not jsoncpp's reader: that one forgets where keys stand, accepts duplicate keys, reports an
/// unclosed bracket at the end of the file, throws on deep nesting, and stops at the first mistake.
///
/// The text must be valid UTF-8. Recursion is bounded by `max_depth`.
class JsonParser {
 public:
  JsonParser(const SourceText& source, unsigned max_depth);

  ParsedText run();

 private:
  static constexpr std::size_t kMostErrors = 50;

  struct Bracket {
    std::size_t offset;
    char character;
  };

  // All parse_… and expect_… return false if there is no point in going on.
  bool skip_space();
  bool skip_block_comment();
  bool parse_value(Json::Value& out);
  bool parse_object(Json::Value& out);
  bool parse_member(Json::Value& object);
  bool parse_key(std::string& key, Span& place);
  bool expect_colon(const Span& key);
  bool parse_array(Json::Value& out);
  bool expect_separator(char closer, bool last_was_text);
  bool key_in_list(std::size_t key, const Json::Value& list);
  bool parse_string(std::string& out, char quote);
  bool parse_escape(std::string& out);
  bool parse_unicode_escape(std::string& out);
  std::optional<unsigned> parse_hex4();
  bool parse_word(Json::Value& out);
  bool parse_number(Json::Value& out, std::string_view word, std::size_t begin);
  bool missing_value(Json::Value& out);

  bool open(std::size_t offset);
  void close(std::size_t offset);
  bool wrong_closer();
  bool looks_like_next_item(std::size_t offset) const;
  bool unclosed_at_end();

  void soft_error(Span where, std::string message, std::string suggestion = {});
  bool hard_error(Span where, std::string message, std::string suggestion = {}, std::vector<SyntaxNote> notes = {});
  // Brackets that do not add up: the place where it shows is seldom the place where it went wrong.
  // surplus: it looks as if a closing bracket were one too many.
  bool bracket_error(Span where, std::string message, std::vector<SyntaxNote> notes, bool surplus = false);
  void broken(Json::Value& out, std::size_t begin);

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool at_end() const { return at_ >= text_.size(); }
  std::string_view word_at(std::size_t begin) const;
  unsigned line(std::size_t offset) const { return source_.line(offset); }
  std::string pointer() const;
  // A word for a message, unless it may be a credential without its quotes.
  std::string shown(std::string_view word) const;

  const SourceText& source_;
  std::string_view text_;
  unsigned max_depth_;
  std::size_t at_ = 0;
  std::size_t last_end_ = 0;  // where the last token ended: that is where a comma or bracket is missing
  std::vector<Bracket> open_;
  std::vector<std::string> path_;
  std::size_t last_object_ =
      std::string_view::npos;  // where the object begins that is the value just read, if it is one
  unsigned last_soft_line_ = 0;
  // Closing brackets that are not indented like their openers. When the brackets do not add up, they tell which one is
  // missing or too many: surely the first that begins its line, perhaps one behind other words, as some write it so.
  std::optional<SyntaxError> sure_suspect_;
  std::vector<SyntaxError> suspects_;
  ParsedText result_;
};

}  // namespace trellis::schema

// Topic templates: topic filters with variables, lines/${client.attributes.line}/+/rpm.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

namespace topic_spaces {

/// What a template takes from the client: its authentication name, or an attribute.
struct Variable {
  std::string attribute;  // empty: the authentication name
  auto operator<=>(const Variable&) const = default;
};

/// Text, or what a variable is for the client.
struct Piece {
  std::string text = {};
  std::int32_t variable = -1;  // index; -1: it is text
  auto operator<=>(const Piece&) const = default;
};

/// One level of a template.
struct Segment {
  enum class Kind : std::uint8_t { text, any, rest, pattern };
  Kind kind = Kind::text;
  std::string text = {};           // of text
  std::vector<Piece> pieces = {};  // of pattern: at least one of them is a variable
};

struct TopicTemplate {
  std::string text;                 // as it was written
  std::vector<Segment> segments{};  // at least one
  bool repeats = false;             // one variable stands in it more than once

  /// Adds variables it uses to `variables`, where they are not there yet. What is wrong is told as a sentence.
  static trellis::Result<TopicTemplate> parse(std::string_view text, std::vector<Variable>& variables);
};

/// What each variable may be for one client; empty: it is missing. By index.
using VariableValues = std::vector<std::vector<std::string>>;

/// Whether a value may stand in a topic level.
bool can_stand_in_level(std::string_view value) noexcept;

/// Whether a level fits a pattern, with any of the values of each variable.
bool fits(std::string_view level, const std::vector<Piece>& pieces, const VariableValues& values) noexcept;

/// The template as filters, with one value of every variable each; none where a variable is missing. At most `most`.
std::vector<std::string> substituted(const TopicTemplate& from, const VariableValues& values, std::size_t most);

/// Whether a filter without variables covers a topic name or filter as a whole.
bool covers(std::string_view filter, std::string_view topic) noexcept;

/// Whether some topic name fits two filters.
bool overlap(std::string_view a, std::string_view b) noexcept;

}  // namespace topic_spaces

// Queries of client groups: attributes.type = "press" and attributes.floor <= 5.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <variant>
#include <vector>

#include "access/attributes.hpp"

namespace topic_spaces {

/// Whom a query is about.
struct Person {
  std::string_view name;  // the authentication name
  const rights::Attributes* attributes;

  const rights::Value* find(std::string_view attribute) const noexcept;
};

/// A compiled query. Immutable. [any]
class GroupQuery {
 public:
  static constexpr std::size_t kMostBytes = 16 * 1024;
  static constexpr std::size_t kMostDepth = 64;

  /// What is wrong says where: "byte 12: expected …, found …".
  static trellis::Result<GroupQuery> parse(std::string_view text);

  /// A missing attribute makes every comparison with it false, != too. Of a list one item suffices, for != none may be
  /// equal. Text and number are never equal, and only numbers are less or greater.
  bool matches(const Person& person) const noexcept { return matches(nodes_.size() - 1, person); }

 private:
  friend class QueryParser;
  enum class Kind : std::uint8_t { both, either, equal, unequal, less, greater, at_most, at_least, among };
  using Literal = std::variant<std::int64_t, std::string>;
  struct Node {
    Kind kind;
    std::size_t left = 0;  // of both and either
    std::size_t right = 0;
    std::string attribute = {};  // of comparisons; empty: the authentication name
    std::vector<Literal> literals = {};
  };
  bool matches(std::size_t node, const Person& person) const noexcept;
  static bool compare(const Node& node, const rights::Value& value) noexcept;
  static bool compare_name(const Node& node, std::string_view name) noexcept;

  std::vector<Node> nodes_;  // operands before what joins them: the last is the root
};

}  // namespace topic_spaces

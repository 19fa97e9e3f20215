/// The $filter of a collection: an expression about names. Of a name with a parent, "orders/audit", a text without '/'
/// is held against the last part alone, which answers show as the name, and a text with one against the whole.
///
///     or      = and { "or" and }
///     and     = not { "and" not }
///     not     = "not" not | "(" or ")" | "contains(name," text ")" | "name" ( "eq" | "ne" ) text
///     text    = "'" … "'", in which '' stands for one quote
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

namespace management {

/// Immutable.
class NameFilter {
 public:
  /// Everything passes.
  NameFilter() = default;
  static trellis::Result<NameFilter> parse(std::string_view text);

  bool passes(std::string_view name) const { return nodes_.empty() || passes(nodes_.size() - 1, name); }

 private:
  friend class FilterReader;
  enum class Kind { contains, equals, no, both, either };
  struct Node {
    Kind kind;
    std::string text = {};
    std::size_t left = 0;  // of nodes_
    std::size_t right = 0;
  };
  bool passes(std::size_t node, std::string_view name) const;

  std::vector<Node> nodes_;  // the last one is the whole
};

}  // namespace management

// Patterns of LIKE: `%` for any characters, `_` for one, a backslash before either for itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/cesql/scratch.hpp"

namespace cesql {

/// Compiled once and then only read. Matching goes through the text once: between two `%` the leftmost place that fits
/// is as good as any later one, so nothing is ever tried again behind it.
class Pattern {
 public:
  enum class Answer : std::uint8_t { no, yes, exhausted };

  /// Every text is a pattern. It must not contain U+0000.
  explicit Pattern(std::string_view pattern);

  Answer match(std::string_view text, Scratch& scratch) const noexcept;

 private:
  /// What stands between two `%`: a `_` of the pattern is the byte 0.
  struct Segment {
    std::string bytes;
    bool literal = true;
  };

  std::vector<Segment> segments_;  // one more than there are `%`
};

}  // namespace cesql

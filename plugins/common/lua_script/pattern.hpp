// Lua's patterns, matched in steps that are counted.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

struct lua_State;

namespace lua {

/// A part of the subject that a pattern captured; a position where `position` is set.
struct Capture {
  const char* begin = nullptr;
  std::ptrdiff_t size = 0;
  bool position = false;
  bool open = false;
};

/// Matches one pattern against one subject. What is wrong with the pattern is raised as a Lua error, as is running out
/// of the budget: backtracking may take exponential time, and Lua's own matcher cannot be interrupted.
class Pattern {
 public:
  static constexpr std::size_t kMostCaptures = 32;

  /// anchors: whether a '^' at the beginning ties the pattern to where a match begins; otherwise it is itself.
  Pattern(lua_State* state, std::string_view subject, std::string_view pattern, bool anchors = true) noexcept;

  bool anchored() const noexcept { return anchored_; }
  /// The end of a match that begins exactly there, or null.
  const char* match(const char* begin);

  std::size_t captures() const noexcept { return count_; }
  /// Pushes one capture; without any, number 0 is the whole match.
  void push(std::size_t index, const char* begin, const char* end) const;
  /// Pushes all captures, or the whole match where there are none and whole is set. Answers how many.
  int push_all(const char* begin, const char* end, bool whole = true) const;

 private:
  const char* from(const char* s, const char* p);
  const char* repeat(const char* s, const char* p, const char* item_end);
  const char* item(const char* s, const char* p, const char* item_end, char suffix, bool& done);
  bool is_special(const char* p) const noexcept;
  bool special(const char*& s, const char*& p);
  const char* open_capture(const char* s, const char* p, bool position);
  const char* close_capture(const char* s, const char* p);
  const char* balanced(const char* s, const char* p);
  const char* frontier(const char* s, const char* p);
  bool back_reference(const char*& s, char digit);
  const char* end_of_item(const char* p) const;
  const char* end_of_set(const char* p) const;
  bool one(const char* s, const char* p, const char* item_end) const;
  /// cost: bytes that are looked at, of the pattern's sets or the subject.
  void step(std::size_t cost = 1);

  lua_State* state_;
  const char* begin_;
  const char* end_;
  const char* pattern_;
  const char* pattern_end_;
  bool anchored_;
  std::size_t count_ = 0;
  int depth_ = 0;
  std::size_t steps_ = 0;
  std::array<Capture, kMostCaptures> captures_;
};

/// Whether the text means itself as a pattern.
bool is_plain(std::string_view pattern) noexcept;

}  // namespace lua

#include "pattern.hpp"

#include <cctype>
#include <cstring>
#include <lua.hpp>

#include "runner.hpp"

namespace lua {
namespace {

constexpr int kMostDepth = 200;  // of recursion, for the thread's stack

unsigned char byte(char c) noexcept { return static_cast<unsigned char>(c); }

bool in_class(unsigned char c, char letter) noexcept {
  bool found = false;
  switch (std::tolower(byte(letter))) {
    case 'a':
      found = std::isalpha(c) != 0;
      break;
    case 'c':
      found = std::iscntrl(c) != 0;
      break;
    case 'd':
      found = std::isdigit(c) != 0;
      break;
    case 'g':
      found = std::isgraph(c) != 0;
      break;
    case 'l':
      found = std::islower(c) != 0;
      break;
    case 'p':
      found = std::ispunct(c) != 0;
      break;
    case 's':
      found = std::isspace(c) != 0;
      break;
    case 'u':
      found = std::isupper(c) != 0;
      break;
    case 'w':
      found = std::isalnum(c) != 0;
      break;
    case 'x':
      found = std::isxdigit(c) != 0;
      break;
    default:
      return byte(letter) == c;
  }
  return std::isupper(byte(letter)) != 0 ? !found : found;
}

/// set: from its '[' to behind its ']'.
bool in_set(unsigned char c, const char* set, const char* set_end) noexcept {
  const char* p = set + 1;
  const char* last = set_end - 1;
  const bool negated = *p == '^';
  if (negated) ++p;
  for (; p < last; ++p) {
    if (*p == '%' && p + 1 < last) {
      if (in_class(c, *++p)) return !negated;
    } else if (p + 2 < last && p[1] == '-') {
      if (byte(p[0]) <= c && c <= byte(p[2])) return !negated;
      p += 2;
    } else if (byte(*p) == c) {
      return !negated;
    }
  }
  return negated;
}

}  // namespace

bool is_plain(std::string_view pattern) noexcept {
  return pattern.find_first_of("^$*+?.([%-") == std::string_view::npos;
}

Pattern::Pattern(lua_State* state, std::string_view subject, std::string_view pattern, bool anchors) noexcept
    : state_(state),
      begin_(subject.data()),
      end_(subject.data() + subject.size()),
      pattern_(pattern.data()),
      pattern_end_(pattern.data() + pattern.size()),
      anchored_(anchors && !pattern.empty() && pattern.front() == '^') {
  if (anchored_) ++pattern_;
}

const char* Pattern::match(const char* begin) {
  count_ = 0;
  depth_ = 0;
  step();
  return from(begin, pattern_);
}

void Pattern::step(std::size_t cost) {
  steps_ += cost;
  if (steps_ < 256) return;
  steps_ = 0;
  Runner::of(state_).check(state_);
}

const char* Pattern::from(const char* s, const char* p) {
  if (++depth_ > kMostDepth) luaL_error(state_, "pattern too complex");
  const char* found = nullptr;
  for (;;) {
    step();
    found = nullptr;
    if (p == pattern_end_) {
      found = s;
      break;
    }
    if (*p == '(') {
      const bool position = p + 1 < pattern_end_ && p[1] == ')';
      found = open_capture(s, position ? p + 2 : p + 1, position);
      break;
    }
    if (*p == ')') {
      found = close_capture(s, p + 1);
      break;
    }
    if (*p == '$' && p + 1 == pattern_end_) {
      found = s == end_ ? s : nullptr;
      break;
    }
    if (is_special(p)) {
      if (!special(s, p)) break;
      continue;
    }
    const char* item_end = end_of_item(p);
    step(static_cast<std::size_t>(item_end - p));
    const char suffix = item_end < pattern_end_ ? *item_end : '\0';
    bool done = false;
    found = item(s, p, item_end, suffix, done);
    if (done) break;
    if (found == nullptr) break;
    s = found;
    p = suffix == '?' ? item_end + 1 : item_end;
  }
  --depth_;
  return found;
}

// Balanced pairs, frontiers and references back have no suffix.
bool Pattern::is_special(const char* p) const noexcept {
  return *p == '%' && p + 1 < pattern_end_ && (p[1] == 'b' || p[1] == 'f' || std::isdigit(byte(p[1])) != 0);
}

// Moves both places behind what it matches.
bool Pattern::special(const char*& s, const char*& p) {
  if (p[1] != 'b' && p[1] != 'f') {
    if (!back_reference(s, p[1])) return false;
    p += 2;
    return true;
  }
  const bool pair = p[1] == 'b';
  s = pair ? balanced(s, p + 2) : frontier(s, p + 2);
  if (s == nullptr) return false;
  p = pair ? p + 4 : end_of_item(p + 2);
  return true;
}

// What one item with its suffix does: done with an answer, or the subject's place where the loop goes on.
const char* Pattern::item(const char* s, const char* p, const char* item_end, char suffix, bool& done) {
  done = true;
  switch (suffix) {
    case '?':
      if (one(s, p, item_end)) {
        if (const char* found = from(s + 1, item_end + 1)) return found;
      }
      done = false;
      return s;
    case '+':
      return one(s, p, item_end) ? repeat(s + 1, p, item_end) : nullptr;
    case '*':
      return repeat(s, p, item_end);
    case '-':
      for (;; ++s) {
        step(static_cast<std::size_t>(item_end - p));
        if (const char* found = from(s, item_end + 1)) return found;
        if (!one(s, p, item_end)) return nullptr;
      }
    default:
      done = false;
      return one(s, p, item_end) ? s + 1 : nullptr;
  }
}

const char* Pattern::repeat(const char* s, const char* p, const char* item_end) {
  std::ptrdiff_t most = 0;
  const auto cost = static_cast<std::size_t>(item_end - p);
  while (one(s + most, p, item_end)) {
    step(cost);
    ++most;
  }
  for (; most >= 0; --most) {
    step();
    if (const char* found = from(s + most, item_end + 1)) return found;
  }
  return nullptr;
}

const char* Pattern::open_capture(const char* s, const char* p, bool position) {
  if (count_ >= kMostCaptures) luaL_error(state_, "too many captures");
  captures_[count_++] = {s, 0, position, !position};
  const char* found = from(s, p);
  if (found == nullptr) --count_;
  return found;
}

const char* Pattern::close_capture(const char* s, const char* p) {
  std::size_t index = count_;
  while (index > 0 && !captures_[index - 1].open) --index;
  if (index == 0) luaL_error(state_, "invalid pattern capture");
  Capture& capture = captures_[index - 1];
  capture.open = false;
  capture.size = s - capture.begin;
  const char* found = from(s, p);
  if (found == nullptr) capture.open = true;
  return found;
}

const char* Pattern::balanced(const char* s, const char* p) {
  if (pattern_end_ - p < 2) luaL_error(state_, "malformed pattern (missing arguments to '%%b')");
  if (s >= end_ || *s != p[0]) return nullptr;
  for (int open = 1; ++s < end_;) {
    step();
    if (*s == p[1]) {
      if (--open == 0) return s + 1;
    } else if (*s == p[0]) {
      ++open;
    }
  }
  return nullptr;
}

const char* Pattern::frontier(const char* s, const char* p) {
  if (p >= pattern_end_ || *p != '[') luaL_error(state_, "missing '[' after '%%f' in pattern");
  const char* set_end = end_of_item(p);
  step(static_cast<std::size_t>(set_end - p));
  const char before = s == begin_ ? '\0' : s[-1];
  const char here = s == end_ ? '\0' : *s;
  return !in_set(byte(before), p, set_end) && in_set(byte(here), p, set_end) ? s : nullptr;
}

bool Pattern::back_reference(const char*& s, char digit) {
  const int index = digit - '1';
  if (index < 0 || static_cast<std::size_t>(index) >= count_ || captures_[index].open)
    luaL_error(state_, "invalid capture index %%%d", index + 1);
  const Capture& capture = captures_[index];
  if (capture.position) return false;  // a number is no part of the subject
  const auto size = static_cast<std::size_t>(capture.size);
  step(size / 16);
  if (static_cast<std::size_t>(end_ - s) < size || std::memcmp(capture.begin, s, size) != 0) return false;
  s += size;
  return true;
}

const char* Pattern::end_of_item(const char* p) const {
  if (*p == '%') {
    if (p + 1 == pattern_end_) luaL_error(state_, "malformed pattern (ends with '%%')");
    return p + 2;
  }
  return *p == '[' ? end_of_set(p) : p + 1;
}

const char* Pattern::end_of_set(const char* p) const {
  ++p;
  if (p < pattern_end_ && *p == '^') ++p;
  // A ']' that comes first is itself.
  for (bool first = true;; first = false) {
    if (p >= pattern_end_) luaL_error(state_, "malformed pattern (missing ']')");
    if (*p == ']' && !first) return p + 1;
    p += *p == '%' && p + 1 < pattern_end_ ? 2 : 1;
  }
}

bool Pattern::one(const char* s, const char* p, const char* item_end) const {
  if (s >= end_) return false;
  switch (*p) {
    case '.':
      return true;
    case '%':
      return in_class(byte(*s), p[1]);
    case '[':
      return in_set(byte(*s), p, item_end);
    default:
      return *p == *s;
  }
}

void Pattern::push(std::size_t index, const char* begin, const char* end) const {
  if (index >= count_) {
    if (index != 0) luaL_error(state_, "invalid capture index %%%d", static_cast<int>(index + 1));
    lua_pushlstring(state_, begin, static_cast<std::size_t>(end - begin));
    return;
  }
  const Capture& capture = captures_[index];
  if (capture.open) luaL_error(state_, "unfinished capture");
  if (capture.position) {
    lua_pushinteger(state_, capture.begin - begin_ + 1);
  } else {
    lua_pushlstring(state_, capture.begin, static_cast<std::size_t>(capture.size));
  }
}

int Pattern::push_all(const char* begin, const char* end, bool whole) const {
  const std::size_t count = count_ == 0 && whole ? 1 : count_;
  luaL_checkstack(state_, static_cast<int>(count), "too many captures");
  for (std::size_t i = 0; i < count; ++i) push(i, begin, end);
  return static_cast<int>(count);
}

}  // namespace lua

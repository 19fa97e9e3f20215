#include "common/cesql/like.hpp"

#include <cstring>

#include "common/cesql/characters.hpp"

namespace cesql {
namespace {

constexpr char kAny = '\0';
constexpr std::size_t kNone = std::string_view::npos;

/// Where the segment ends when it begins at `position`.
std::size_t match_forward(std::string_view segment, std::string_view text, std::size_t position) noexcept {
  for (const char expected : segment) {
    if (position == text.size()) return kNone;
    if (expected == kAny) {
      position = next(text, position);
    } else if (text[position++] != expected) {
      return kNone;
    }
  }
  return position;
}

/// Where the segment begins when it ends with the text.
std::size_t match_backward(std::string_view segment, std::string_view text) noexcept {
  std::size_t position = text.size();
  for (std::size_t i = segment.size(); i > 0; --i) {
    if (position == 0) return kNone;
    if (segment[i - 1] == kAny) {
      position = previous(text, position);
    } else if (text[--position] != segment[i - 1]) {
      return kNone;
    }
  }
  return position;
}

/// Linear whatever the two are, which std::string_view::find is not.
std::size_t find_literal(std::string_view segment, std::string_view text, std::size_t from) noexcept {
  if (text.size() - from < segment.size()) return kNone;
  const void* found = memmem(text.data() + from, text.size() - from, segment.data(), segment.size());
  if (found == nullptr) return kNone;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + segment.size();
}

}  // namespace

Pattern::Pattern(std::string_view pattern) {
  segments_.emplace_back();
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    Segment& segment = segments_.back();
    const bool escapes =
        pattern[i] == '\\' && i + 1 < pattern.size() && (pattern[i + 1] == '%' || pattern[i + 1] == '_');
    if (escapes) {
      segment.bytes += pattern[++i];
    } else if (pattern[i] == '%') {
      segments_.emplace_back();
    } else if (pattern[i] == '_') {
      segment.bytes += kAny;
      segment.literal = false;
    } else {
      segment.bytes += pattern[i];
    }
  }
}

Pattern::Answer Pattern::match(std::string_view text, Scratch& scratch) const noexcept {
  const auto answer = [](bool matches) { return matches ? Answer::yes : Answer::no; };
  std::size_t position = match_forward(segments_.front().bytes, text, 0);
  if (position == kNone) return Answer::no;
  if (segments_.size() == 1) return answer(position == text.size());
  for (std::size_t i = 1; i + 1 < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    if (segment.bytes.empty()) continue;
    if (segment.literal) {
      position = find_literal(segment.bytes, text, position);
      if (position == kNone) return Answer::no;
      continue;
    }
    std::size_t end = kNone;
    while (end == kNone) {
      if (position == text.size()) return Answer::no;
      if (!scratch.steps(segment.bytes.size())) return Answer::exhausted;
      end = match_forward(segment.bytes, text, position);
      position = next(text, position);
    }
    position = end;
  }
  const std::size_t begin = match_backward(segments_.back().bytes, text);
  return answer(begin != kNone && begin >= position);
}

}  // namespace cesql

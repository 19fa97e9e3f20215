/// Topic names and topic filters, and the text they are made of: what is well formed, what matches what. The broker
/// judges by these functions too.
///
/// Any thread; nothing is allocated, nothing thrown. Sources: MQTT 5.0, 1.5.4 (text) and 4.7 (topics).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace trellis {

/// Longest topic name or filter in bytes; every wire format in use counts them in 16 bits.
inline constexpr std::size_t kMaxTopicBytes = 65535;

/// Most levels a topic or filter may have; bounds the work of matching whatever a client sends.
inline constexpr std::size_t kMaxTopicLevels = 256;

namespace detail {

inline constexpr std::uint64_t kHighBits = 0x8080'8080'8080'8080;

/// For a word of ASCII bytes: nonzero when one of them is `byte`.
constexpr std::uint64_t find_byte(std::uint64_t word, char byte) noexcept {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  const std::uint64_t different = word ^ (kOnes * static_cast<unsigned char>(byte));
  return (different - kOnes) & ~different & kHighBits;
}

/// Length of the well-formed sequence of several bytes that begins at p, 0 where there is none. Surrogates, overlong
/// forms and what lies above U+10FFFF are not well formed.
inline std::size_t sequence_length(const unsigned char* p, std::size_t left) noexcept {
  const unsigned lead = p[0];
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (left < length) return 0;
  const unsigned least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (p[1] < least || p[1] > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((p[i] & 0xC0U) != 0x80U) return 0;
  }
  return length;
}

/// True for UTF-8 without one of these bytes, which are ASCII.
template <char... refused>
bool text_without(std::string_view text) noexcept {
  const char* p = text.data();
  std::size_t left = text.size();
  while (left > 0) {
    std::uint64_t word = kHighBits;
    if (left >= sizeof word) std::memcpy(&word, p, sizeof word);
    if ((word & kHighBits) == 0 && (std::uint64_t{0} | ... | find_byte(word, refused)) == 0) {
      p += sizeof word;
      left -= sizeof word;
      continue;
    }
    const auto* byte = reinterpret_cast<const unsigned char*>(p);
    std::size_t length = 1;
    if (*byte >= 0x80) length = sequence_length(byte, left);
    if (length == 0 || (false || ... || (*p == refused))) return false;
    p += length;
    left -= length;
  }
  return true;
}

}  // namespace detail

/// Walks the levels of a topic or filter: "a//b" has three, the second empty.
class LevelCursor {
 public:
  explicit LevelCursor(std::string_view topic) noexcept : rest_(topic) {}
  /// True until the last level was taken.
  bool more() const noexcept { return more_; }
  /// The next level. Only while more().
  std::string_view next() noexcept {
    const std::size_t slash = rest_.find('/');
    if (slash == std::string_view::npos) {
      more_ = false;
      return rest_;
    }
    const std::string_view level = rest_.substr(0, slash);
    rest_.remove_prefix(slash + 1);
    return level;
  }

 private:
  std::string_view rest_;
  bool more_ = true;
};

/// One more than there are slashes.
inline std::size_t topic_levels(std::string_view topic) noexcept {
  std::size_t levels = 1;
  for (const char c : topic) levels += c == '/';
  return levels;
}

/// Well-formed UTF-8; U+0000 is allowed, as in a payload that is marked as text.
inline bool valid_utf8(std::string_view text) noexcept { return detail::text_without<>(text); }

/// Well-formed UTF-8 without U+0000.
inline bool valid_text(std::string_view text) noexcept { return detail::text_without<'\0'>(text); }

/// Text without a wildcard. Whether it is within the limits is not asked, nor whether it is empty.
inline bool plain_text(std::string_view text) noexcept { return detail::text_without<'\0', '+', '#'>(text); }

/// `+` and `#` stand alone in their level, `#` in the last one only.
inline bool wildcards_alone(std::string_view filter) noexcept {
  for (std::size_t at = filter.find_first_of("+#"); at != std::string_view::npos;
       at = filter.find_first_of("+#", at + 1)) {
    const bool begins = at == 0 || filter[at - 1] == '/';
    const bool last = at + 1 == filter.size();
    const bool ends = last || (filter[at] == '+' && filter[at + 1] == '/');
    if (!begins || !ends) return false;
  }
  return true;
}

namespace detail {
inline bool within_limits(std::string_view topic) noexcept {
  return !topic.empty() && topic.size() <= kMaxTopicBytes && topic_levels(topic) <= kMaxTopicLevels;
}
}  // namespace detail

/// A name something can be published on: text, not empty, no wildcard, within the limits.
inline bool valid_topic_name(std::string_view topic) noexcept {
  return detail::within_limits(topic) && plain_text(topic);
}

/// A filter without share prefix: text, not empty, wildcards in their places, within the limits.
inline bool valid_topic_filter(std::string_view filter) noexcept {
  return detail::within_limits(filter) && valid_text(filter) && wildcards_alone(filter);
}

/// Whether a filter that is well formed matches a topic. Wildcards in the first level match no topic that begins with
/// '$'; "a/#" matches "a" too.
inline bool topic_matches(std::string_view filter, std::string_view topic) noexcept {
  if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#'))) return false;
  LevelCursor f(filter);
  LevelCursor t(topic);
  while (f.more()) {
    const std::string_view level = f.next();
    if (level == "#") return true;
    if (!t.more()) return false;
    const std::string_view name = t.next();
    if (level != "+" && level != name) return false;
    if (!t.more() && f.more()) return f.next() == "#";
  }
  return !t.more();
}

}  // namespace trellis

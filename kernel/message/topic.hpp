// Topic names and topic filters: what is well formed, what matches what.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trellis::kernel {

/// Longest topic name or filter in bytes; every wire format in use counts them in 16 bits.
inline constexpr std::size_t kMaxTopicBytes = 65535;

/// Most levels a topic or filter may have; bounds the work of matching whatever a client sends.
inline constexpr std::size_t kMaxTopicLevels = 256;

/// Well formed UTF-8 without U+0000.
bool valid_text(std::string_view text) noexcept;

/// A name something can be published on: text, not empty, no wildcard, within the limits.
bool valid_topic_name(std::string_view topic) noexcept;

/// A filter: text, not empty, `+` and `#` alone in their level, `#` last, within the limits.
bool valid_topic_filter(std::string_view filter) noexcept;

std::size_t topic_levels(std::string_view topic) noexcept;

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

}  // namespace trellis::kernel

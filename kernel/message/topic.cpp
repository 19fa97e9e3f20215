#include "message/topic.hpp"

#include <cstring>

namespace trellis::kernel {
namespace {

// Length of the well formed sequence at p, 0 where there is none. Surrogates and overlong forms are not well formed.
std::size_t sequence_length(const unsigned char* p, std::size_t left) noexcept {
  const unsigned lead = p[0];
  if (lead < 0x80) return lead == 0 ? 0 : 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (left < length) return 0;
  const unsigned least = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned most = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (p[1] < least || p[1] > most) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((p[i] & 0xC0u) != 0x80u) return 0;
  }
  return length;
}

// Eight bytes that are all ASCII and none zero.
bool plain_ascii(std::uint64_t word) noexcept {
  constexpr std::uint64_t kHigh = 0x8080808080808080u;
  constexpr std::uint64_t kOnes = 0x0101010101010101u;
  return (word & kHigh) == 0 && ((word - kOnes) & kHigh) == 0;
}

bool within_limits(std::string_view topic) noexcept {
  return !topic.empty() && topic.size() <= kMaxTopicBytes && topic_levels(topic) <= kMaxTopicLevels;
}

}  // namespace

bool valid_text(std::string_view text) noexcept {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t left = text.size();
  while (left > 0) {
    while (left >= 8) {
      std::uint64_t word;
      std::memcpy(&word, p, 8);
      if (!plain_ascii(word)) break;
      p += 8;
      left -= 8;
    }
    if (left == 0) break;
    const std::size_t n = sequence_length(p, left);
    if (n == 0) return false;
    p += n;
    left -= n;
  }
  return true;
}

bool valid_topic_name(std::string_view topic) noexcept {
  return within_limits(topic) && topic.find_first_of("+#") == std::string_view::npos && valid_text(topic);
}

bool valid_topic_filter(std::string_view filter) noexcept {
  if (!within_limits(filter) || !valid_text(filter)) return false;
  LevelCursor levels(filter);
  while (levels.more()) {
    const std::string_view level = levels.next();
    if (level.size() > 1 && level.find_first_of("+#") != std::string_view::npos) return false;
    if (level == "#" && levels.more()) return false;
  }
  return true;
}

std::size_t topic_levels(std::string_view topic) noexcept {
  std::size_t levels = 1;
  for (const char c : topic) levels += c == '/';
  return levels;
}

}  // namespace trellis::kernel

#include "letter_id.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <random>

namespace events_service {

std::string LetterIds::make(std::int64_t unix_ms) {
  static constexpr std::uint32_t kMost = 0xFFF;
  static constexpr std::int64_t kSkewMs = 1000;
  static constexpr std::int64_t kLatest = (std::int64_t{1} << 48U) - 2;
  std::int64_t time = std::clamp<std::int64_t>(unix_ms, 0, kLatest);
  // Of shards whose clocks are not quite alike; and beyond 4096 in one millisecond the next one is used.
  if (last_ms_ >= time && last_ms_ - time <= kSkewMs) time = last_ms_ + (count_ >= kMost ? 1 : 0);
  count_ = time == last_ms_ ? count_ + 1 : 0;
  last_ms_ = time;
  std::random_device random;
  const auto high = static_cast<std::uint64_t>(time);
  std::array<char, 40> out{};
  std::snprintf(out.data(), out.size(), "%08x-%04x-7%03x-%04x-%04x%08x", static_cast<unsigned>(high >> 16U),
                static_cast<unsigned>(high & 0xFFFFU), count_, 0x8000U | (random() & 0x3FFFU), random() & 0xFFFFU,
                static_cast<unsigned>(random()));
  return out.data();
}

std::optional<std::int64_t> time_of_letter_id(std::string_view id) noexcept {
  static constexpr std::string_view kForm = "xxxxxxxx-xxxx-7xxx-vxxx-xxxxxxxxxxxx";
  if (id.size() != kForm.size()) return std::nullopt;
  std::int64_t time = 0;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const char c = id[i];
    const bool digit = c >= '0' && c <= '9';
    if (kForm[i] == '-' || kForm[i] == '7') {
      if (c != kForm[i]) return std::nullopt;
      continue;
    }
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    if (kForm[i] == 'v' && c != '8' && c != '9' && c != 'a' && c != 'b') return std::nullopt;
    if (i < 13) time = time * 16 + (digit ? c - '0' : c - 'a' + 10);
  }
  return time;
}

}  // namespace events_service

// How often clients changed, by their names.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

namespace topic_spaces {

/// Names share places, whatever the case of ASCII letters: somebody else's change may make one's own be looked up
/// again, and does no harm. [any]
class NameVersions {
 public:
  std::uint32_t of(std::string_view name) const noexcept {
    return versions_[place_of(name)].load(std::memory_order_acquire);
  }
  void change(std::string_view name) noexcept { versions_[place_of(name)].fetch_add(1, std::memory_order_release); }

 private:
  static constexpr std::size_t kPlaces = 16384;
  static std::size_t place_of(std::string_view name) noexcept {
    std::uint32_t hash = 0x811C9DC5u;
    for (const char c : name)
      hash = (hash ^ static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c + 32 : c)) * 0x01000193u;
    return (hash ^ hash >> 15) % kPlaces;
  }
  std::array<std::atomic<std::uint32_t>, kPlaces> versions_{};
};

}  // namespace topic_spaces

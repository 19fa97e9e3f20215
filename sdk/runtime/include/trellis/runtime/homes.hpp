// Which shard a name lives on.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace trellis::runtime {

/// A name that nobody holds lives on the shard that asks first, and stays there as long as anybody holds it. [any]
///
/// Names are known by their hash: two of the same share a home, which is as good as any other.
class Homes {
 public:
  using Key = std::uint64_t;
  /// Never 0.
  static Key key(std::uint32_t name_space, std::string_view name) noexcept;

  /// The shard where it lives, `here` if it lives nowhere yet. Held once more from now on.
  std::uint32_t hold(Key key, std::uint32_t here);
  /// Held once less; 0 is nobody's key.
  void release(Key key) noexcept;
  /// How many are held.
  std::size_t size() const;

 private:
  struct Home {
    std::uint32_t shard;
    std::uint32_t uses;
  };
  static constexpr std::size_t kWorthFreeing = 1024;
  // Connections come and go on all shards at once: they seldom meet at a lock.
  struct alignas(64) Part {
    mutable std::mutex mutex;  // guards homes
    boost::unordered_flat_map<Key, Home> homes;
  };
  Part& part_of(Key key) noexcept { return parts_[key >> 58]; }
  std::array<Part, 64> parts_;
};

}  // namespace trellis::runtime

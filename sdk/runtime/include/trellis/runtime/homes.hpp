// Which shard a name lives on.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace trellis::runtime {

/// A name that nobody holds lives on the shard that asks first, and stays there as long as anybody holds it. [any]
///
/// Names are known by their hash: two of the same share a home, which is as good as any other. Where only the number of
/// holders matters, of the sessions of one client, the shard means nothing.
class Homes {
 public:
  using Key = std::uint64_t;
  /// Never 0. The case of ASCII letters does not count.
  static Key key(std::uint32_t name_space, std::string_view name) noexcept;

  /// The shard where it lives, `here` if it lives nowhere yet. Held once more from now on.
  std::uint32_t hold(Key key, std::uint32_t here);
  /// Held once more, unless it is held `most` times already (0: any number). False: it is.
  bool hold_up_to(Key key, std::uint32_t most);
  bool held(Key key) const;
  /// Held once less; 0 is nobody's key.
  void release(Key key) noexcept;
  /// How many are held.
  std::size_t size() const;

 private:
  // Every client has one: in twelve bytes, so that the key is in two halves.
  struct Home {
    std::uint32_t high;
    std::uint32_t low;
    mutable std::uint32_t shard : 8;
    mutable std::uint32_t uses : 24;
    bool operator==(const Home& other) const noexcept { return high == other.high && low == other.low; }
  };
  struct Hash {
    using is_avalanching = void;  // the key is a hash already
    std::size_t operator()(const Home& home) const noexcept { return std::uint64_t{home.high} << 32 | home.low; }
  };
  static constexpr std::size_t kWorthFreeing = 1024;
  // Connections come and go on all shards at once: they seldom meet at a lock.
  struct alignas(64) Part {
    mutable std::mutex mutex;  // guards homes
    boost::unordered_flat_set<Home, Hash> homes;
  };
  static Home home_of(Key key, std::uint32_t shard) noexcept;
  Part& part_of(Key key) noexcept { return parts_[key >> 58]; }
  const Part& part_of(Key key) const noexcept { return parts_[key >> 58]; }
  std::array<Part, 64> parts_;
};

}  // namespace trellis::runtime

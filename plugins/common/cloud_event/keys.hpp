// The keys that filters name, as a tree that one pass over an event follows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

namespace cloud_event {

/// Names on the way from an event to a value. The first is an attribute's in small letters, or "data".
struct Path {
  static constexpr std::size_t kMostBytes = 512;
  static constexpr std::size_t kMostNames = 64;

  /// Of a filter's key, such as "Subject" or "data.motor.rpm". The documented names eventid and eventtype mean id and
  /// type.
  static trellis::Result<Path> parse(std::string_view key);

  std::vector<std::string> names;
};

/// Filled once, read by all threads afterwards. Each key has a slot, a number counted from 0.
class Keys {
 public:
  /// What is to be read of a value beyond its type.
  enum Want : std::uint8_t {
    kElements = 1,  ///< of arrays
    kSmall = 2,     ///< texts in small letters
    kWritten = 4,   ///< of numbers, true and false within data how they are written, as of those of attributes
  };

  struct Child {
    std::string folded;  // the name in small letters, by which children are in order
    std::string name;
    std::uint32_t node = 0;
  };
  struct Node {
    static constexpr std::uint32_t kNoSlot = UINT32_MAX;

    std::uint32_t slot = kNoSlot;
    std::uint8_t wants = 0;
    bool attribute = false;     // of the event, so that numbers have a text too
    std::uint64_t lengths = 0;  // one bit for each length that a child's name has, the last for all longer ones
    std::vector<Child> children;

    static std::uint64_t length_bit(std::size_t size) noexcept { return std::uint64_t{1} << (size < 63 ? size : 63); }
    /// Children of that name in small letters.
    std::span<const Child> find(std::string_view folded) const noexcept;
  };

  Keys() : nodes_(1) {}

  /// The slot of that key; the one it has already where it was added before.
  std::uint32_t add(const Path& path, std::uint8_t wants);

  std::size_t slots() const noexcept { return slots_; }
  std::size_t nodes() const noexcept { return nodes_.size(); }
  const Node& node(std::uint32_t index) const noexcept { return nodes_[index]; }
  const Node& root() const noexcept { return nodes_.front(); }
  /// The node of "data"; null where no key is there or below.
  const Node* data() const noexcept { return data_ == 0 ? nullptr : &nodes_[data_]; }

 private:
  std::uint32_t child(std::uint32_t parent, const std::string& name);

  std::vector<Node> nodes_;
  std::uint32_t slots_ = 0;
  std::uint32_t data_ = 0;
};

}  // namespace cloud_event

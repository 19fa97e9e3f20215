// Text and bytes on both sides of the boundary: std::string_view here, trellis_view there. Neither owns anything.
#pragma once

#include <trellis/abi/base.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace trellis {

/// For passing text or bytes to the kernel.
constexpr trellis_view view(std::string_view text) noexcept { return {text.data(), text.size()}; }

/// For reading what the kernel passed; valid as long as the contract says for that view.
constexpr std::string_view text(trellis_view view) noexcept {
  // A null pointer with size 0 is a legal view, and string_view takes it too.
  return {view.data, view.size};
}

inline std::string_view text(std::span<const std::uint8_t> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline std::span<const std::uint8_t> bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// A name with its value, both borrowed.
struct Pair {
  std::string_view name;
  std::string_view value;
};

/// The pairs of an array that came from the kernel, without copying it.
class Pairs {
 public:
  class Iterator {
   public:
    using value_type = Pair;
    using difference_type = std::ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const trellis_pair* at) noexcept : at_(at) {}
    Pair operator*() const noexcept { return {text(at_->name), text(at_->value)}; }
    Iterator& operator++() noexcept {
      ++at_;
      return *this;
    }
    Iterator operator++(int) noexcept {
      Iterator before = *this;
      ++at_;
      return before;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const trellis_pair* at_ = nullptr;
  };

  Pairs() = default;
  Pairs(const trellis_pair* pairs, std::size_t count) noexcept : pairs_(pairs), count_(count) {}

  Iterator begin() const noexcept { return Iterator(pairs_); }
  Iterator end() const noexcept { return Iterator(pairs_ + count_); }
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  const trellis_pair* data() const noexcept { return pairs_; }
  Pair operator[](std::size_t index) const noexcept { return {text(pairs_[index].name), text(pairs_[index].value)}; }

  /// The first value under that name; names may repeat. Empty both where it is absent and where it is empty.
  std::string_view find(std::string_view name) const noexcept {
    for (Pair pair : *this) {
      if (pair.name == name) return pair.value;
    }
    return {};
  }

  bool contains(std::string_view name) const noexcept {
    for (Pair pair : *this) {
      if (pair.name == name) return true;
    }
    return false;
  }

 private:
  const trellis_pair* pairs_ = nullptr;
  std::size_t count_ = 0;
};

}  // namespace trellis

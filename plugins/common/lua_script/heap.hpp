// The memory of one Lua state, with a limit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace lua {

/// Counts what a state holds and refuses what would go beyond the limit; Lua then collects garbage, tries once more,
/// and raises an error a script may catch, for the limit holds all the same.
///
/// One block is at most an eighth of the limit. That bounds what a single instruction or library function can do
/// with a text, which nothing can interrupt.
class Heap {
 public:
  explicit Heap(std::size_t limit) noexcept : limit_(limit) {}

  std::size_t used() const noexcept { return used_; }
  std::size_t limit() const noexcept { return limit_; }
  std::size_t largest_block() const noexcept { return limit_ / 8; }
  /// How often something was refused.
  std::size_t refused() const noexcept { return refused_; }
  /// How many blocks were asked for, larger ones in place of others too.
  std::uint64_t allocations() const noexcept { return allocations_; }
  /// A little beyond the limit is given while a call is being ended, so that its error can be told.
  void ending(bool on) noexcept { slack_ = on ? kSlack : 0; }

  /// In the form lua_newstate() takes it.
  static void* allocate(void* self, void* block, std::size_t old_size, std::size_t new_size) noexcept {
    return static_cast<Heap*>(self)->resize(block, block == nullptr ? 0 : old_size, new_size);
  }

 private:
  static constexpr std::size_t kSlack = 256 * 1024;

  void* resize(void* block, std::size_t old_size, std::size_t new_size) noexcept {
    if (new_size == 0) {
      std::free(block);
      used_ -= old_size;
      return nullptr;
    }
    const bool grows = new_size > old_size;
    if (grows && (new_size > largest_block() || used_ - old_size + new_size > limit_ + slack_)) {
      ++refused_;
      return nullptr;
    }
    void* made = std::realloc(block, new_size);
    if (made == nullptr) return grows ? nullptr : block;  // Lua relies on shrinking never to fail
    used_ += new_size - old_size;
    if (grows) ++allocations_;
    return made;
  }

  std::size_t limit_;
  std::size_t used_ = 0;
  std::size_t slack_ = 0;
  std::size_t refused_ = 0;
  std::uint64_t allocations_ = 0;
};

}  // namespace lua

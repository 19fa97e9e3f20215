// What one evaluation may use up: memory for the texts it makes, and steps of slow pattern matching.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace cesql {

/// Lies on the stack of who evaluates; not initialised, so that it costs nothing where it is not needed.
class Scratch {
 public:
  /// All texts of one evaluation together.
  static constexpr std::size_t kBytes = 16384;
  /// Of LIKE where `_` stands between two `%`; everything else is linear. About a millisecond.
  static constexpr std::uint32_t kSteps = 1U << 20U;

  Scratch() noexcept {}  // NOLINT(*-member-init,modernize-use-equals-default): `= default` would fill the memory

  /// Null where the memory is used up.
  char* take(std::size_t bytes) noexcept {
    if (bytes > kBytes - used_) return nullptr;
    char* taken = memory_.data() + used_;
    used_ += bytes;
    return taken;
  }
  /// The last `bytes` of what was taken last were not needed.
  void give_back(std::size_t bytes) noexcept { used_ -= bytes; }

  /// False where so many are not left.
  bool steps(std::size_t count) noexcept {
    if (count > steps_) return false;
    steps_ -= static_cast<std::uint32_t>(count);
    return true;
  }

 private:
  std::size_t used_ = 0;
  std::uint32_t steps_ = kSteps;
  std::array<char, kBytes> memory_;
};

}  // namespace cesql

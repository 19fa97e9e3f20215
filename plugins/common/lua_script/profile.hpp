// Where a script spends its time.
#pragma once

#include <chrono>
#include <cstdint>
#include <lua.hpp>
#include <map>
#include <string>
#include <utility>

namespace lua {

class Heap;

/// Looks at a script every hundred instructions, and says of each line and function what happened since: the time, and
/// what was taken of the state's memory.
class Profile {
 public:
  struct Cost {
    std::uint64_t samples = 0;
    std::chrono::nanoseconds time{0};
    std::uint64_t allocations = 0;
  };

  explicit Profile(const Heap& heap) noexcept : heap_(heap) {}

  void begin(lua_State* state, lua_Hook hook) noexcept;
  void end(lua_State* state) noexcept;
  /// From the hook.
  void sample(lua_State* state, lua_Debug* where);

  const std::map<int, Cost>& lines() const noexcept { return lines_; }
  /// By name and the line they begin at.
  const std::map<std::pair<int, std::string>, Cost>& functions() const noexcept { return functions_; }
  const Cost& whole() const noexcept { return whole_; }
  std::uint64_t calls() const noexcept { return calls_; }

 private:
  static constexpr int kEvery = 100;
  using Clock = std::chrono::steady_clock;

  void add(Cost& cost, std::chrono::nanoseconds time, std::uint64_t allocations) const noexcept;

  const Heap& heap_;
  std::map<int, Cost> lines_;
  std::map<std::pair<int, std::string>, Cost> functions_;
  Cost whole_;
  std::uint64_t calls_ = 0;
  Clock::time_point begun_;
  Clock::time_point last_;
  std::uint64_t begun_allocations_ = 0;
  std::uint64_t last_allocations_ = 0;
};

}  // namespace lua

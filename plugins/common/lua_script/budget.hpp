// The CPU time a call into Lua may take.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <lua.hpp>

namespace lua {

class Meter;

/// Ends calls that take too long, without a hook that slows down those that do not.
///
/// A timer of the thread's own CPU clock interrupts it every few milliseconds while it calls scripts. The handler runs
/// on that thread, so it may do what Lua allows to signal handlers: set a hook. It does so once the budget has run out,
/// on whichever coroutine runs, and again with each tick until the call has ended. The clock does not count what other
/// threads and processes do meanwhile, so that a loaded machine ends nobody's calls early.
///
/// Begun and ended on one thread at a time; all other members only between the two, on that thread.
class Budget {
 public:
  /// hook: raises the error; called by Lua before an instruction.
  Budget(std::chrono::nanoseconds time, lua_Hook hook) noexcept : time_(time.count()), hook_(hook) {}

  /// One call, which may take so long.
  class Scope {
   public:
    Scope(Budget& budget, lua_State* state, std::chrono::nanoseconds allowed);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Budget& budget_;
    Meter& meter_;
    Budget* outer_;
  };

  /// The call has to end: whatever may be caught is raised again as long as this says so.
  bool spent() const noexcept { return spent_.load(std::memory_order_relaxed); }
  /// Which coroutine runs from now on.
  void running(lua_State* state) noexcept { running_.store(state, std::memory_order_relaxed); }
  std::chrono::nanoseconds time() const noexcept { return std::chrono::nanoseconds(time_); }

  /// Makes what this thread needs, and throws std::system_error where the system refuses. Otherwise the first Scope
  /// does.
  static void prepare_thread();
  /// How much of it this thread has had.
  static std::chrono::nanoseconds cpu_time() noexcept;

 private:
  friend class Meter;
  void tick(std::int64_t cpu_ns) noexcept;  // in the signal handler

  const std::int64_t time_;
  const lua_Hook hook_;
  // Shared with the signal handler of the same thread alone: relaxed is enough.
  std::atomic<std::uint64_t> call_ = 0;  // grows with each call
  std::atomic<lua_State*> running_ = nullptr;
  std::atomic<bool> spent_ = false;
  std::atomic<std::int64_t> allowed_ = 0;
  std::uint64_t seen_call_ = 0;  // of the handler: the call it saw at its last tick
  std::int64_t seen_at_ = 0;     // when it first did
  std::int64_t last_at_ = 0;     // and when it last did
};

}  // namespace lua

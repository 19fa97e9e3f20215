// One script in one Lua state: what a shard asks.
#pragma once

#include <array>
#include <cstdint>
#include <lua.hpp>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

#include "budget.hpp"
#include "event_reader.hpp"
#include "expressions.hpp"
#include "heap.hpp"
#include "hooks.hpp"
#include "json_reader.hpp"
#include "services.hpp"
#include "subject.hpp"

namespace lua {

class Profile;
class Task;

struct Limits {
  std::size_t memory = 16U << 20U;
  std::chrono::nanoseconds budget = std::chrono::milliseconds(10);
};

/// A script's text with the name its errors begin with.
struct Source {
  std::string name;
  std::string text;
};

/// What went wrong in a call.
enum class Failure : std::uint8_t { none, error, budget, memory, result };
constexpr std::string_view kFailureKinds[] = {"", "error", "budget", "memory", "result"};

/// A function of the script with what it is called with beside the event: see Runner::bind().
struct Bound {
  int function = 0;
  int arguments = 0;
};

/// A sandboxed Lua state with one script in it. It is made on any thread and then belongs to one shard.
class Runner {
 public:
  /// Runs the script's main part, which may take ten budgets. What is wrong with it is said with file and line.
  static trellis::Result<std::unique_ptr<Runner>> load(const Source& source, const Limits& limits, Services& services,
                                                       lua_Integer seed);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  bool has(Hook hook) const noexcept { return hooks_[static_cast<std::size_t>(hook)] != 0; }
  /// Names of all functions among the script's globals.
  const std::set<std::string, std::less<>>& functions() const noexcept { return functions_; }
  /// Whom log lines, counters and the clock go to from now on.
  void serve(Services& services) noexcept { services_ = &services; }

  /// Asks a function the script has. False: it failed. What the reader was given is valid until the next call.
  bool call(Hook hook, const Subject& subject, Reader& reader) noexcept;
  /// The same without protection, to measure what that costs; the script must not fail.
  void call_unprotected(Hook hook, const Subject& subject, Reader& reader);

  /// A function by its name, to be called with an event and with what the JSON says. False: it failed.
  bool bind(const char* function, std::string_view arguments, Bound& bound) noexcept;
  void release(const Bound& bound) noexcept;
  bool call(const Bound& bound, std::string_view name, const Subject& subject, Reader& reader) noexcept;

  Failure failure() const noexcept { return failure_; }
  /// Of the last failure: file, line and what was wrong.
  const std::string& error() const noexcept { return error_; }
  std::size_t memory_used() const noexcept { return heap_.used(); }
  /// Null: nobody wants to know. Otherwise calls are slower.
  void profile(Profile* profile) noexcept { profile_ = profile; }

  // --- for the functions scripts call

  static Runner& of(lua_State* state) noexcept { return **static_cast<Runner**>(lua_getextraspace(state)); }
  /// Raises where the call has to end. Every loop of C++ that a script can make long asks it.
  void check(lua_State* state) {
    if (budget_.spent()) stop(state);
  }
  Budget& budget() noexcept { return budget_; }
  const Heap& heap() const noexcept { return heap_; }
  Services& services() noexcept { return *services_; }
  Expressions& expressions() noexcept { return expressions_; }
  JsonReader& json() noexcept { return json_; }
  EventReader& event() noexcept { return event_; }
  std::string& scratch() noexcept { return scratch_; }
  /// What the call is about; raises outside of one.
  const Subject& subject(lua_State* state) const;
  /// The message that is looked at; raises where there is none.
  const trellis_message* message(lua_State* state) const;
  /// How many messages publish{} may still send in this call.
  int& publications_left() noexcept { return publications_left_; }
  /// The question that is being answered; null in hooks that cannot wait.
  Task* task() const noexcept { return task_; }
  /// What is called, for errors.
  std::string_view called() const noexcept { return called_; }
  /// The budget's and the memory's own error.
  [[noreturn]] void stop(lua_State* state);

 private:
  friend class Task;

  /// From the begin of a call to its end.
  class InCall;

  Runner(const Limits& limits, Services& services);
  void open(const Source& source, lua_Integer seed);
  bool push_argument(Argument argument, const Subject& subject) noexcept;
  int push_call(Hook hook, const Subject& subject) noexcept;
  bool run(int arguments, Reader& reader) noexcept;
  int take_answer(lua_State* state, int at, Reader& reader) noexcept;
  bool fail(lua_State* state, int status, bool spent, std::size_t refused_before) noexcept;
  static int set_up(lua_State* state);
  static void on_hook(lua_State* state, lua_Debug* where);

  Heap heap_;
  Budget budget_;
  Services* services_;
  Expressions expressions_;
  JsonReader json_;
  EventReader event_;
  std::string scratch_;
  std::string name_;
  std::string error_;
  Failure failure_ = Failure::none;
  std::array<int, kHookCount> hooks_{};  // references; 0: the script has none
  std::set<std::string, std::less<>> functions_;
  const Subject* subject_ = nullptr;
  std::string_view called_;
  Task* task_ = nullptr;
  int publications_left_ = 0;
  Profile* profile_ = nullptr;
  lua_State* state_ = nullptr;
};

}  // namespace lua

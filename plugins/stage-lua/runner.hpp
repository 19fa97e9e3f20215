// One script in one Lua state: what a shard asks about its messages.
#pragma once

#include <array>
#include <cstdint>
#include <lua.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/message.hpp>
#include <trellis/result.hpp>

#include "budget.hpp"
#include "expressions.hpp"
#include "heap.hpp"
#include "json_reader.hpp"
#include "outcome.hpp"
#include "services.hpp"

namespace lua {

struct Limits {
  std::size_t memory = 16U << 20U;
  std::chrono::nanoseconds budget = std::chrono::milliseconds(10);
};

enum class Hook : std::uint8_t { publish, deliver };
constexpr std::string_view name(Hook hook) noexcept { return hook == Hook::publish ? "on_publish" : "on_deliver"; }

/// A script's text with the name its errors begin with.
struct Source {
  std::string name;
  std::string text;
};

/// What went wrong in a call.
enum class Failure : std::uint8_t { none, error, budget, memory, result };

/// A sandboxed Lua state with one script in it. It is made on any thread and then belongs to one shard.
class Runner {
 public:
  /// Runs the script's main part, which may take ten budgets. What is wrong with it is said with file and line.
  static trellis::Result<std::unique_ptr<Runner>> load(const Source& source, const Limits& limits, Services& services,
                                                       lua_Integer seed);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  bool has(Hook hook) const noexcept { return has_[static_cast<std::size_t>(hook)]; }
  /// Whom log lines, counters and the clock go to from now on.
  void serve(Services& services) noexcept { services_ = &services; }

  /// Asks the script about one message. The outcome is valid until the next call.
  const Outcome& call(Hook hook, trellis::Message message, std::string_view name_space) noexcept;
  /// The same without protection, to measure what that costs; the rule must not fail.
  void call_unprotected(Hook hook, trellis::Message message);

  Failure failure() const noexcept { return failure_; }
  /// Of the last failure: file, line and what was wrong.
  const std::string& error() const noexcept { return error_; }
  std::size_t memory_used() const noexcept { return heap_.used(); }

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
  std::string& scratch() noexcept { return scratch_; }
  /// The message that is looked at; raises outside of a call.
  const trellis_message* message(lua_State* state) const;
  std::string_view name_space() const noexcept { return name_space_; }
  Outcome& outcome() noexcept { return outcome_; }
  /// The budget's and the memory's own error.
  [[noreturn]] void stop(lua_State* state);

 private:
  Runner(const Limits& limits, Services& services);
  void open(const Source& source, lua_Integer seed);
  void fail(int status, bool spent, std::size_t refused_before) noexcept;
  static int set_up(lua_State* state);
  static void on_hook(lua_State* state, lua_Debug* where);

  Heap heap_;
  Budget budget_;
  Services* services_;
  Expressions expressions_;
  JsonReader json_;
  std::string scratch_;
  Outcome outcome_;
  std::string name_;
  std::string error_;
  Failure failure_ = Failure::none;
  std::array<bool, 2> has_{};
  const trellis_message* message_ = nullptr;
  std::string_view name_space_;
  lua_State* state_ = nullptr;
};

}  // namespace lua

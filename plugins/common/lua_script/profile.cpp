#include "profile.hpp"

#include <cstring>

#include "heap.hpp"

namespace lua {

void Profile::begin(lua_State* state, lua_Hook hook) noexcept {
  ++calls_;
  begun_ = last_ = Clock::now();
  begun_allocations_ = last_allocations_ = heap_.allocations();
  lua_sethook(state, hook, LUA_MASKCOUNT, kEvery);
}

void Profile::end(lua_State* state) noexcept {
  lua_sethook(state, nullptr, 0, 0);
  add(whole_, Clock::now() - begun_, heap_.allocations() - begun_allocations_);
}

void Profile::add(Cost& cost, std::chrono::nanoseconds time, std::uint64_t allocations) const noexcept {
  ++cost.samples;
  cost.time += time;
  cost.allocations += allocations;
}

void Profile::sample(lua_State* state, lua_Debug* where) {
  const auto now = Clock::now();
  const std::uint64_t allocations = heap_.allocations();
  const auto time = now - last_;
  const std::uint64_t made = allocations - last_allocations_;
  lua_getinfo(state, "Sln", where);
  if (where->currentline > 0) {
    add(lines_[where->currentline], time, made);
    const char* name = where->name != nullptr ? where->name : std::strcmp(where->what, "main") == 0 ? "main part" : "";
    add(functions_[{where->linedefined, name}], time, made);
  }
  last_ = Clock::now();
  last_allocations_ = heap_.allocations();
}

}  // namespace lua

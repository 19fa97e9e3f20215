#include "runner.hpp"

#include <algorithm>
#include <new>

#include "libraries.hpp"

namespace lua {
namespace {

// What lies at the bottom of the state's stack, from the end of the main part on.
enum Place : int { kFunctions = 1, kMessage = 3, kClient = 4, kAnswer = 5, kReason = 6 };

constexpr int kLoadFactor = 10;  // budgets the main part may take

/// Pops a table and puts one in its place that is read through and cannot be changed.
void lock_table(lua_State* state) {
  lua_newtable(state);
  lua_createtable(state, 0, 3);
  lua_pushvalue(state, -3);
  lua_setfield(state, -2, "__index");
  lua_pushcfunction(state, [](lua_State* here) { return luaL_error(here, "the library cannot be changed"); });
  lua_setfield(state, -2, "__newindex");
  lua_pushliteral(state, "locked");
  lua_setfield(state, -2, "__metatable");
  lua_setmetatable(state, -2);
  lua_remove(state, -2);
}

/// Of the script's globals. Upvalues: the libraries, and whether the main part is done.
int on_new_global(lua_State* state) {
  lua_pushvalue(state, 2);
  if (lua_rawget(state, lua_upvalueindex(1)) != LUA_TNIL)
    return luaL_error(state, "'%s' cannot be replaced", lua_tostring(state, 2));
  lua_pop(state, 1);
  if (lua_toboolean(state, lua_upvalueindex(2)) != 0) {
    lua_pushvalue(state, 2);
    return luaL_error(state, "global '%s' is made in a call; make it local, or in the script's main part",
                      luaL_tolstring(state, -1, nullptr));
  }
  lua_rawset(state, 1);
  return 0;
}

int end_of_main_part(lua_State* state) {
  lua_rawgeti(state, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_getmetatable(state, -1);
  lua_getfield(state, -1, "__newindex");
  lua_pushboolean(state, 1);
  lua_setupvalue(state, -2, 2);
  return 0;
}

}  // namespace

Runner::Runner(const Limits& limits, Services& services)
    : heap_(limits.memory), budget_(limits.budget, &on_hook), services_(&services) {
  state_ = lua_newstate(&Heap::allocate, &heap_);
  if (state_ == nullptr) throw std::bad_alloc();
  *static_cast<Runner**>(lua_getextraspace(state_)) = this;
}

Runner::~Runner() { lua_close(state_); }

trellis::Result<std::unique_ptr<Runner>> Runner::load(const Source& source, const Limits& limits, Services& services,
                                                      lua_Integer seed) {
  std::unique_ptr<Runner> made(new Runner(limits, services));
  made->name_ = source.name;
  made->open(source, seed);
  if (made->failure_ != Failure::none) return trellis::fail(made->error_);
  if (!made->has(Hook::publish) && !made->has(Hook::deliver))
    return trellis::fail(source.name + ": there is neither a function on_publish(message, client) nor on_deliver");
  return made;
}

void Runner::open(const Source& source, lua_Integer seed) {
  const std::size_t refused = heap_.refused();
  bool spent = false;
  int status = LUA_OK;
  {
    const Budget::Scope scope(budget_, state_, kLoadFactor);
    lua_pushcfunction(state_, &Runner::set_up);
    lua_pushinteger(state_, seed);
    status = lua_pcall(state_, 1, 0, 0);
    if (status == LUA_OK) {
      const std::string name = "@" + source.name;
      status = luaL_loadbufferx(state_, source.text.data(), source.text.size(), name.c_str(), "t");
    }
    if (status == LUA_OK) status = lua_pcall(state_, 0, 0, 0);
    if (status == LUA_OK) {
      lua_pushcfunction(state_, &end_of_main_part);
      status = lua_pcall(state_, 0, 0, 0);
    }
    spent = budget_.spent();
  }
  if (status != LUA_OK || spent) return fail(status, spent, refused);
  lua_pushcfunction(state_, [](lua_State* state) {
    lua_rawgeti(state, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
    for (const char* hook : {"on_publish", "on_deliver"}) {
      lua_pushstring(state, hook);
      const int type = lua_rawget(state, 1);
      if (type != LUA_TNIL && type != LUA_TFUNCTION)
        return luaL_error(state, "%s is a %s, expected a function", hook, luaL_typename(state, -1));
    }
    push_message(state);
    push_client(state);
    lua_remove(state, 1);
    return 4;
  });
  status = lua_pcall(state_, 0, 4, 0);
  if (status != LUA_OK) return fail(status, false, refused);
  for (int i = 0; i < 2; ++i) has_[static_cast<std::size_t>(i)] = lua_isfunction(state_, kFunctions + i);
}

int Runner::set_up(lua_State* state) {
  const lua_Integer seed = lua_tointeger(state, 1);
  lua_settop(state, 0);
  lua_newtable(state);  // 1: the libraries
  open_base(state);
  open_helpers(state);
  const struct {
    const char* name;
    void (*open)(lua_State*);
  } own[] = {{"string", open_string},
             {"table", open_table},
             {"coroutine", open_coroutine},
             {"re", open_re},
             {"json", open_json}};
  for (const auto& library : own) {
    library.open(state);
    lock_table(state);
    lua_setfield(state, 1, library.name);
  }
  open_stock(state, luaopen_utf8);
  lock_table(state);
  lua_setfield(state, 1, "utf8");
  open_stock(state, luaopen_math);
  lua_getfield(state, -1, "randomseed");
  lua_pushinteger(state, seed);
  lua_call(state, 1, 0);
  lock_table(state);
  lua_setfield(state, 1, "math");

  lua_newtable(state);  // 2: the globals
  lua_createtable(state, 0, 3);
  lua_pushvalue(state, 1);
  lua_setfield(state, -2, "__index");
  lua_pushvalue(state, 1);
  lua_pushboolean(state, 0);
  lua_pushcclosure(state, &on_new_global, 2);
  lua_setfield(state, -2, "__newindex");
  lua_pushliteral(state, "locked");
  lua_setfield(state, -2, "__metatable");
  lua_setmetatable(state, -2);
  lua_pushvalue(state, 2);
  lua_setfield(state, 1, "_G");
  // Chunks that are loaded from now on get these, and nothing leads to the ones Lua began with.
  lua_rawseti(state, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  return 0;
}

void Runner::on_hook(lua_State* state, lua_Debug*) {
  Runner& runner = of(state);
  if (runner.budget_.spent()) runner.stop(state);
  lua_sethook(state, nullptr, 0, 0);  // of a call that ended meanwhile
}

void Runner::stop(lua_State* state) {
  heap_.ending(true);
  luaL_where(state, 0);
  if (lua_rawlen(state, -1) == 0) luaL_where(state, 1);
  lua_pushfstring(state, "the call took longer than its budget of %d ms of CPU time",
                  static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(budget_.time()).count()));
  lua_concat(state, 2);
  lua_error(state);
  throw 0;  // not reached: lua_error() does not return
}

const trellis_message* Runner::message(lua_State* state) const {
  if (message_ == nullptr) luaL_error(state, "there is a message only during a call of on_publish or on_deliver");
  return message_;
}

void Runner::fail(int status, bool spent, std::size_t refused_before) noexcept {
  const bool memory = status == LUA_ERRMEM || (status != LUA_OK && heap_.refused() != refused_before);
  failure_ = spent ? Failure::budget : memory ? Failure::memory : Failure::error;
  // Outside of a protected call, so nothing may be made of the error that takes memory of the state.
  const int type = status == LUA_OK ? LUA_TNONE : lua_type(state_, -1);
  if (type == LUA_TSTRING) {
    std::size_t size = 0;
    const char* text = lua_tolstring(state_, -1, &size);
    error_.assign(text, std::min<std::size_t>(size, 1000));
  } else if (spent) {
    error_ = "the call took longer than its budget of CPU time";
  } else {
    error_ = std::string("the error is no text but a ") + lua_typename(state_, type);
  }
  // Lua knows no place for some of its own, such as memory that is short.
  if (!error_.starts_with(name_ + ":")) error_ = name_ + ": " + error_;
  if (memory && !spent)
    error_ += " (the script may hold " + std::to_string(heap_.limit()) + " bytes, one text " +
              std::to_string(heap_.largest_block()) + ")";
}

const Outcome& Runner::call(Hook hook, trellis::Message message, std::string_view name_space) noexcept {
  failure_ = Failure::none;
  outcome_.kind = Outcome::Kind::pass;
  outcome_.reason = {};
  message_ = message.get();
  name_space_ = name_space;
  lua_settop(state_, kClient);
  lua_pushvalue(state_, kFunctions + static_cast<int>(hook));
  lua_pushvalue(state_, kMessage);
  lua_pushvalue(state_, kClient);
  const std::size_t refused = heap_.refused();
  bool spent = false;
  int status = LUA_OK;
  {
    const Budget::Scope scope(budget_, state_);
    status = lua_pcall(state_, 2, 2, 0);
    spent = budget_.spent();
    if (status == LUA_OK && !spent && lua_istable(state_, kAnswer)) {
      lua_pushcfunction(state_, &read_outcome);
      lua_pushvalue(state_, kAnswer);
      status = lua_pcall(state_, 1, 0, 0);
      if (status != LUA_OK) failure_ = Failure::result;
      spent = budget_.spent();
    }
  }
  heap_.ending(false);
  message_ = nullptr;
  if (status != LUA_OK || spent) {
    const bool result = failure_ == Failure::result;
    fail(status, spent, refused);
    if (result && failure_ == Failure::error) failure_ = Failure::result;
    return outcome_;
  }
  const int type = lua_type(state_, kAnswer);
  if (type == LUA_TBOOLEAN && lua_toboolean(state_, kAnswer) == 0) {
    outcome_.kind = Outcome::Kind::drop;
    if (lua_type(state_, kReason) == LUA_TSTRING) outcome_.reason = lua_tostring(state_, kReason);
  } else if (type != LUA_TNIL && type != LUA_TBOOLEAN && type != LUA_TTABLE) {
    failure_ = Failure::result;
    error_ = name_ + ": " + std::string(name(hook)) + " answered a " + lua_typename(state_, type) +
             ", expected nothing, true, false with a reason, or a table";
  }
  return outcome_;
}

void Runner::call_unprotected(Hook hook, trellis::Message message) {
  message_ = message.get();
  lua_settop(state_, kClient);
  lua_pushvalue(state_, kFunctions + static_cast<int>(hook));
  lua_pushvalue(state_, kMessage);
  lua_pushvalue(state_, kClient);
  lua_call(state_, 2, 2);
  message_ = nullptr;
}

}  // namespace lua

// Lua's basic functions and coroutines, as far as scripts have them.
#include <algorithm>
#include <string_view>

#include "libraries.hpp"
#include "runner.hpp"

namespace lua {
namespace {

/// What was caught is let go on where the call has to end.
int caught(lua_State* state, int status, lua_KContext below) {
  Runner& runner = Runner::of(state);
  if (status != LUA_OK && status != LUA_YIELD) {
    if (runner.budget().spent()) runner.stop(state);
    lua_pushboolean(state, 0);
    lua_insert(state, -2);
    return 2;
  }
  runner.check(state);
  return lua_gettop(state) - static_cast<int>(below);
}

int protected_call(lua_State* state) {
  luaL_checkany(state, 1);
  lua_pushboolean(state, 1);
  lua_insert(state, 1);
  return caught(state, lua_pcallk(state, lua_gettop(state) - 2, LUA_MULTRET, 0, 0, caught), 0);
}

/// Calls the script's own handler, which is the upvalue, but not for the end of a call: handlers run while hooks are
/// off, and one that loops could not be ended.
int handle_error(lua_State* state) {
  if (Runner::of(state).budget().spent()) return 1;
  lua_pushvalue(state, lua_upvalueindex(1));
  lua_insert(state, 1);
  lua_call(state, lua_gettop(state) - 1, 1);
  return 1;
}

int protected_call_with_handler(lua_State* state) {
  luaL_checktype(state, 2, LUA_TFUNCTION);
  const int arguments = lua_gettop(state) - 2;
  lua_pushvalue(state, 2);
  lua_pushcclosure(state, handle_error, 1);
  lua_replace(state, 2);  // 1: function, 2: handler, arguments
  lua_pushboolean(state, 1);
  lua_pushvalue(state, 1);
  lua_rotate(state, 3, 2);  // function, handler, true, function, arguments
  return caught(state, lua_pcallk(state, arguments, LUA_MULTRET, 2, 2, caught), 2);
}

// Where the copy of a metatable has the script's own.
constexpr char kOrigin = 0;

/// Pushes what Lua gets for the metatable at that index: a copy of its metamethods, out of the script's reach. A script
/// that could add __mode later might chain weak tables so that one collection takes seconds, which nothing can
/// interrupt; finalizers would run at any time, in whatever call happens to collect.
void push_copy(lua_State* state, int metatable) {
  lua_newtable(state);
  lua_pushvalue(state, metatable);
  lua_rawsetp(state, -2, &kOrigin);
  for (lua_pushnil(state); lua_next(state, metatable) != 0; lua_pop(state, 1)) {
    if (lua_type(state, -2) != LUA_TSTRING) continue;
    const std::string_view name = lua_tostring(state, -2);
    if (!name.starts_with("__")) continue;
    if (name == "__gc" || name == "__mode") luaL_error(state, "a script's metatable may not have %s", name.data());
    lua_pushvalue(state, -2);
    lua_pushvalue(state, -2);
    lua_rawset(state, -5);
  }
}

int set_metatable(lua_State* state) {
  const int type = lua_type(state, 2);
  luaL_checktype(state, 1, LUA_TTABLE);
  luaL_argexpected(state, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
  if (luaL_getmetafield(state, 1, "__metatable") != LUA_TNIL)
    return luaL_error(state, "cannot change a protected metatable");
  lua_settop(state, 2);
  if (type == LUA_TTABLE) push_copy(state, 2);
  lua_setmetatable(state, 1);
  lua_settop(state, 1);
  return 1;
}

int get_metatable(lua_State* state) {
  luaL_checkany(state, 1);
  if (luaL_getmetafield(state, 1, "__metatable") != LUA_TNIL) return 1;
  if (lua_getmetatable(state, 1) == 0) {
    lua_pushnil(state);
  } else {
    lua_rawgetp(state, -1, &kOrigin);
  }
  return 1;
}

/// Not past a lock.
int raw_set(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  luaL_checkany(state, 2);
  luaL_checkany(state, 3);
  if (luaL_getmetafield(state, 1, "__metatable") != LUA_TNIL) return luaL_error(state, "the table is locked");
  lua_settop(state, 3);
  lua_rawset(state, 1);
  return 1;
}

int print(lua_State* state) {
  std::string& line = Runner::of(state).scratch();
  line.clear();
  for (int i = 1; i <= lua_gettop(state); ++i) {
    std::size_t size = 0;
    const char* text = luaL_tolstring(state, i, &size);
    line.append(i > 1 ? "\t" : "").append(text, std::min<std::size_t>(size, 1024));
    lua_pop(state, 1);
    if (line.size() > 1024) break;
  }
  Runner::of(state).services().log(trellis::Level::info, line);
  return 0;
}

// --- coroutines

/// Runs a coroutine with the arguments at the top. Answers how many results it left, or -1 with the error.
int run_coroutine(lua_State* state, lua_State* coroutine, int arguments) {
  Runner& runner = Runner::of(state);
  if (lua_checkstack(coroutine, arguments) == 0) {
    lua_pushliteral(state, "too many arguments to resume");
    return -1;
  }
  lua_xmove(state, coroutine, arguments);
  int results = 0;
  runner.budget().running(coroutine);
  const int status = lua_resume(coroutine, state, arguments, &results);
  runner.budget().running(state);
  runner.check(state);
  if (status != LUA_OK && status != LUA_YIELD) {
    lua_xmove(coroutine, state, 1);
    return -1;
  }
  if (lua_checkstack(state, results + 1) == 0) {
    lua_pop(coroutine, results);
    lua_pushliteral(state, "too many results to resume");
    return -1;
  }
  lua_xmove(coroutine, state, results);
  return results;
}

int resume(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTHREAD);
  const int results = run_coroutine(state, lua_tothread(state, 1), lua_gettop(state) - 1);
  lua_pushboolean(state, results >= 0 ? 1 : 0);
  const int count = results < 0 ? 1 : results;
  lua_insert(state, -(count + 1));
  return count + 1;
}

int resume_wrapped(lua_State* state) {
  lua_State* coroutine = lua_tothread(state, lua_upvalueindex(1));
  const int results = run_coroutine(state, coroutine, lua_gettop(state));
  return results < 0 ? lua_error(state) : results;
}

int create(lua_State* state) {
  luaL_checktype(state, 1, LUA_TFUNCTION);
  lua_State* made = lua_newthread(state);
  lua_pushvalue(state, 1);
  lua_xmove(state, made, 1);
  return 1;
}

int wrap(lua_State* state) {
  create(state);
  lua_pushcclosure(state, resume_wrapped, 1);
  return 1;
}

}  // namespace

void open_base(lua_State* state) {
  const int into = lua_gettop(state);
  open_stock(state, luaopen_base);
  for (const char* name : {"assert", "error", "ipairs", "next", "pairs", "rawequal", "rawget", "rawlen", "select",
                           "tonumber", "tostring", "type", "_VERSION"}) {
    lua_getfield(state, -1, name);
    lua_setfield(state, into, name);
  }
  lua_settop(state, into);
  static constexpr luaL_Reg kOwn[] = {{"pcall", protected_call},
                                      {"xpcall", protected_call_with_handler},
                                      {"setmetatable", set_metatable},
                                      {"getmetatable", get_metatable},
                                      {"rawset", raw_set},
                                      {"print", print},
                                      {nullptr, nullptr}};
  luaL_setfuncs(state, kOwn, 0);
}

void open_coroutine(lua_State* state) {
  open_stock(state, luaopen_coroutine);
  lua_newtable(state);
  for (const char* name : {"isyieldable", "running", "status", "yield"}) {
    lua_getfield(state, -2, name);
    lua_setfield(state, -2, name);
  }
  static constexpr luaL_Reg kOwn[] = {{"create", create}, {"resume", resume}, {"wrap", wrap}, {nullptr, nullptr}};
  luaL_setfuncs(state, kOwn, 0);
  lua_remove(state, -2);
}

}  // namespace lua

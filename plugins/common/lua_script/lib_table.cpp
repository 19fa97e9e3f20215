// table: functions on plain tables whose loops can be ended.
#include "libraries.hpp"
#include "runner.hpp"

namespace lua {
namespace {

/// Asks now and then whether the call has to end.
class Steps {
 public:
  explicit Steps(lua_State* state) noexcept : state_(state) {}
  void step() {
    if ((++count_ & 127U) == 0) Runner::of(state_).check(state_);
  }

 private:
  lua_State* state_;
  unsigned count_ = 0;
};

/// The length of a table that may be written, without asking its metamethods.
lua_Integer plain_table(lua_State* state, int index, bool written) {
  luaL_checktype(state, index, LUA_TTABLE);
  if (written && luaL_getmetafield(state, index, "__metatable") != LUA_TNIL) luaL_error(state, "the table is locked");
  return static_cast<lua_Integer>(lua_rawlen(state, index));
}

int concat(lua_State* state) {
  const lua_Integer size = plain_table(state, 1, false);
  std::size_t between_size = 0;
  const char* between = luaL_optlstring(state, 2, "", &between_size);
  const lua_Integer first = luaL_optinteger(state, 3, 1);
  const lua_Integer last = luaL_optinteger(state, 4, size);
  Steps steps(state);
  luaL_Buffer out;
  luaL_buffinit(state, &out);
  for (lua_Integer i = first; i <= last; ++i) {
    steps.step();
    lua_rawgeti(state, 1, i);
    if (lua_isstring(state, -1) == 0) {
      return luaL_error(state, "invalid value (at index %I) in table for 'concat'", static_cast<LUAI_UACINT>(i));
    }
    luaL_addvalue(&out);
    if (i == last) break;  // which may be the largest integer
    luaL_addlstring(&out, between, between_size);
  }
  luaL_pushresult(&out);
  return 1;
}

int insert(lua_State* state) {
  const lua_Integer end = plain_table(state, 1, true) + 1;
  lua_Integer at = end;
  Steps steps(state);
  if (lua_gettop(state) > 3 && lua_isnil(state, -1) == 0) lua_settop(state, 3);
  switch (lua_gettop(state)) {
    case 2:
      break;
    case 3:
      at = luaL_checkinteger(state, 2);
      luaL_argcheck(state, at >= 1 && at <= end, 2, "position out of bounds");
      for (lua_Integer i = end; i > at; --i) {
        steps.step();
        lua_rawgeti(state, 1, i - 1);
        lua_rawseti(state, 1, i);
      }
      break;
    default:
      return luaL_error(state, "wrong number of arguments to 'insert'");
  }
  lua_rawseti(state, 1, at);
  return 0;
}

int remove(lua_State* state) {
  const lua_Integer size = plain_table(state, 1, true);
  const lua_Integer at = luaL_optinteger(state, 2, size);
  if (lua_gettop(state) > 1)
    luaL_argcheck(state, (size == 0 && at == 0) || (at >= 1 && at <= size + 1), 2, "position out of bounds");
  Steps steps(state);
  lua_rawgeti(state, 1, at);
  for (lua_Integer i = at; i < size; ++i) {
    steps.step();
    lua_rawgeti(state, 1, i + 1);
    lua_rawseti(state, 1, i);
  }
  if (at <= size) {
    lua_pushnil(state);
    lua_rawseti(state, 1, size);
  }
  return 1;
}

int move(lua_State* state) {
  plain_table(state, 1, false);
  const lua_Integer first = luaL_checkinteger(state, 2);
  const lua_Integer last = luaL_checkinteger(state, 3);
  const lua_Integer to = luaL_checkinteger(state, 4);
  const int into = lua_isnoneornil(state, 5) ? 1 : 5;
  plain_table(state, into, true);
  lua_settop(state, 5);
  if (last >= first) {
    luaL_argcheck(state, first > 0 || last < LUA_MAXINTEGER + first, 3, "too many elements to move");
    luaL_argcheck(state, to <= LUA_MAXINTEGER - (last - first), 4, "destination wrap around");
    Steps steps(state);
    const bool upwards = to > last || to <= first || into != 1;
    for (lua_Integer i = 0; i <= last - first; ++i) {
      steps.step();
      const lua_Integer offset = upwards ? i : last - first - i;
      lua_rawgeti(state, 1, first + offset);
      lua_rawseti(state, into, to + offset);
    }
  }
  lua_pushvalue(state, into);
  return 1;
}

/// Whether the value at the top belongs behind the one below it; takes both.
bool pop_less(lua_State* state, int below, int above) {
  if (lua_isnil(state, 2)) return lua_compare(state, below, above, LUA_OPLT) != 0;
  lua_pushvalue(state, 2);
  lua_pushvalue(state, below < 0 ? below - 1 : below);
  lua_pushvalue(state, above < 0 ? above - 2 : above);
  lua_call(state, 2, 1);
  const bool less = lua_toboolean(state, -1) != 0;
  lua_pop(state, 1);
  return less;
}

/// Lets the value at the top sink into the heap of `size` from `at`; takes it.
void sink(lua_State* state, lua_Integer at, lua_Integer size, Steps& steps) {
  for (;;) {
    steps.step();
    lua_Integer child = at * 2;
    if (child > size) break;
    lua_rawgeti(state, 1, child);
    if (child < size) {
      lua_rawgeti(state, 1, child + 1);
      if (pop_less(state, -2, -1)) {
        ++child;
        lua_remove(state, -2);
      } else {
        lua_pop(state, 1);
      }
    }
    if (!pop_less(state, -2, -1)) {
      lua_pop(state, 1);
      break;
    }
    lua_rawseti(state, 1, at);
    at = child;
  }
  lua_rawseti(state, 1, at);
}

/// By a heap: no order function, however wrong, makes it slower than n log n or leave the table.
int sort(lua_State* state) {
  const lua_Integer size = plain_table(state, 1, true);
  if (!lua_isnoneornil(state, 2)) luaL_checktype(state, 2, LUA_TFUNCTION);
  lua_settop(state, 2);
  Steps steps(state);
  for (lua_Integer i = size / 2; i >= 1; --i) {
    lua_rawgeti(state, 1, i);
    sink(state, i, size, steps);
  }
  for (lua_Integer last = size; last > 1; --last) {
    lua_rawgeti(state, 1, last);
    lua_rawgeti(state, 1, 1);
    lua_rawseti(state, 1, last);
    sink(state, 1, last - 1, steps);
  }
  return 0;
}

}  // namespace

void open_table(lua_State* state) {
  open_stock(state, luaopen_table);
  lua_newtable(state);
  for (const char* name : {"pack", "unpack"}) {
    lua_getfield(state, -2, name);
    lua_setfield(state, -2, name);
  }
  static constexpr luaL_Reg kOwn[] = {{"concat", concat}, {"insert", insert}, {"move", move},
                                      {"remove", remove}, {"sort", sort},     {nullptr, nullptr}};
  luaL_setfuncs(state, kOwn, 0);
  lua_remove(state, -2);
}

}  // namespace lua

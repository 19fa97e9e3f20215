#include "views.hpp"

#include "runner.hpp"

namespace lua {
namespace {

int read_only(lua_State* state) {
  return luaL_error(state, "what a call is about is read-only; answer a table of what changes");
}

}  // namespace

void push_view(lua_State* state, const char* type, lua_CFunction index, int values) {
  lua_newuserdatauv(state, 0, values);
  luaL_newmetatable(state, type);
  lua_pushcfunction(state, index);
  lua_setfield(state, -2, "__index");
  lua_pushcfunction(state, read_only);
  lua_setfield(state, -2, "__newindex");
  lua_pushliteral(state, "locked");
  lua_setfield(state, -2, "__metatable");
  lua_setmetatable(state, -2);
}

int push_text(lua_State* state, trellis_view text, bool there) {
  if (!there) {
    lua_pushnil(state);
    return 1;
  }
  // Said here, where the field's name is known: Lua would only find the memory short.
  const std::size_t most = Runner::of(state).heap().largest_block();
  if (text.size > most) {
    return luaL_error(state, "the field %s has %I bytes, a script's texts at most %I", lua_tostring(state, 2),
                      static_cast<LUAI_UACINT>(text.size), static_cast<LUAI_UACINT>(most));
  }
  lua_pushlstring(state, text.data, text.size);
  return 1;
}

}  // namespace lua

// The client as scripts see it: who it is, and what its authenticator knows of it.
#include <string_view>
#include <trellis/view.hpp>

#include "runner.hpp"
#include "views.hpp"

namespace lua {
namespace {

/// The attributes of the call's client; none where they are not known.
trellis::Pairs attributes(lua_State* state) {
  const trellis_identity* identity = Runner::of(state).subject(state).identity;
  return identity == nullptr ? trellis::Pairs(nullptr, 0)
                             : trellis::Pairs(identity->attributes, identity->attribute_count);
}

/// What is no JSON is a fault of the authenticator, and as if it were not there.
void push_json(lua_State* state, std::string_view text) {
  if (Runner::of(state).json().push(state, text) != nullptr) lua_pushnil(state);
}

int index_attributes(lua_State* state) {
  std::size_t size = 0;
  const char* data = luaL_checklstring(state, 2, &size);
  for (const auto& [name, value] : attributes(state)) {
    if (name != std::string_view(data, size)) continue;
    push_json(state, value);
    return 1;
  }
  lua_pushnil(state);
  return 1;
}

/// Upvalue: how many were answered.
int next_attribute(lua_State* state) {
  const trellis::Pairs all = attributes(state);
  lua_Integer at = 0;
  const lua_Integer wanted = lua_tointeger(state, lua_upvalueindex(1));
  for (const auto& [name, value] : all) {
    if (at++ < wanted) continue;
    lua_pushinteger(state, at);
    lua_replace(state, lua_upvalueindex(1));
    lua_pushlstring(state, name.data(), name.size());
    push_json(state, value);
    return 2;
  }
  return 0;
}

int pairs_of_attributes(lua_State* state) {
  lua_pushinteger(state, 0);
  lua_pushcclosure(state, next_attribute, 1);
  return 1;
}

int index_client(lua_State* state) {
  std::size_t size = 0;
  const char* data = luaL_checklstring(state, 2, &size);
  const std::string_view name(data, size);
  const Subject& subject = Runner::of(state).subject(state);
  if (name == "id") return push_text(state, trellis::view(subject.client_id), true);
  if (name == "name") return push_text(state, trellis::view(subject.client_name), true);
  if (name == "attributes") return lua_getiuservalue(state, 1, 1), 1;
  if (name == "namespace") return push_text(state, trellis::view(subject.name_space), true);
  if (name == "authenticator") {
    const bool known = subject.identity != nullptr;
    return push_text(state, known ? subject.identity->authenticator : trellis_view{}, known);
  }
  return luaL_error(state, "a client has no field '%s'", data);
}

}  // namespace

void push_client(lua_State* state) {
  push_view(state, "client", index_client, 1);
  push_view(state, "client.attributes", index_attributes, 0);
  lua_getmetatable(state, -1);
  lua_pushcfunction(state, pairs_of_attributes);
  lua_setfield(state, -2, "__pairs");
  lua_pop(state, 1);
  lua_setiuservalue(state, -2, 1);
}

}  // namespace lua

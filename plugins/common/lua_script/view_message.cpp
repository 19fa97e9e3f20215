// The message as scripts see it.
#include <trellis/message.hpp>

#include "runner.hpp"
#include "views.hpp"

namespace lua {
namespace {

/// The first user property of that name, or nil.
int push_property(lua_State* state, int name_index) {
  std::size_t size = 0;
  const char* name = luaL_checklstring(state, name_index, &size);
  const trellis_message* message = Runner::of(state).message(state);
  for (std::uint32_t i = 0; i < message->user_property_count; ++i) {
    const trellis_pair& pair = message->user_properties[i];
    if (trellis::text(pair.name) == std::string_view(name, size)) return push_text(state, pair.value, true);
  }
  lua_pushnil(state);
  return 1;
}

int push_expiry(lua_State* state, const trellis_message& message) {
  if ((message.flags & TRELLIS_MESSAGE_HAS_EXPIRY) == 0) {
    lua_pushnil(state);
  } else {
    const std::int64_t left = message.expires_at_ms - Runner::of(state).services().wall().count();
    lua_pushnumber(state, left > 0 ? static_cast<lua_Number>(left) / 1000 : 0);
  }
  return 1;
}

int push_field(lua_State* state, const trellis_message& message, std::string_view name) {
  if (name == "topic") return push_text(state, message.topic, true);
  if (name == "payload") return push_text(state, message.payload, true);
  if (name == "qos") return lua_pushinteger(state, message.qos), 1;
  if (name == "retain") return lua_pushboolean(state, (message.flags & TRELLIS_MESSAGE_RETAIN) != 0), 1;
  if (name == "user_properties") return lua_getiuservalue(state, 1, 1), 1;
  if (name == "attribute") return lua_getiuservalue(state, 1, 2), 1;
  if (name == "content_type")
    return push_text(state, message.content_type, (message.flags & TRELLIS_MESSAGE_HAS_CONTENT_TYPE) != 0);
  if (name == "response_topic")
    return push_text(state, message.response_topic, (message.flags & TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC) != 0);
  if (name == "correlation_data")
    return push_text(state, message.correlation_data, (message.flags & TRELLIS_MESSAGE_HAS_CORRELATION) != 0);
  if (name == "expiry") return push_expiry(state, message);
  if (name == "published_at") return lua_pushnumber(state, static_cast<lua_Number>(message.published_at_ms) / 1000), 1;
  if (name == "is_text") return lua_pushboolean(state, (message.flags & TRELLIS_MESSAGE_TEXT) != 0), 1;
  if (name == "namespace") return push_text(state, trellis::view(Runner::of(state).subject(state).name_space), true);
  return luaL_error(state, "a message has no field '%s'", lua_tostring(state, 2));
}

int index_message(lua_State* state) {
  std::size_t size = 0;
  const char* name = luaL_checklstring(state, 2, &size);
  return push_field(state, *Runner::of(state).message(state), {name, size});
}

int index_properties(lua_State* state) { return push_property(state, 2); }
int attribute(lua_State* state) { return push_property(state, 2); }

int count_properties(lua_State* state) {
  lua_pushinteger(state, Runner::of(state).message(state)->user_property_count);
  return 1;
}

/// Upvalue: how many were answered. All of a message, repeats among them, in the order sent.
int next_property(lua_State* state) {
  const trellis_message* message = Runner::of(state).message(state);
  const auto at = static_cast<std::uint32_t>(lua_tointeger(state, lua_upvalueindex(1)));
  if (at >= message->user_property_count) return 0;
  lua_pushinteger(state, at + 1);
  lua_replace(state, lua_upvalueindex(1));
  push_text(state, message->user_properties[at].name, true);
  return push_text(state, message->user_properties[at].value, true) + 1;
}

int pairs_of_properties(lua_State* state) {
  lua_pushinteger(state, 0);
  lua_pushcclosure(state, next_property, 1);
  return 1;
}

}  // namespace

void push_message(lua_State* state) {
  push_view(state, "message", index_message, 2);
  push_view(state, "user_properties", index_properties, 0);
  lua_getmetatable(state, -1);
  lua_pushcfunction(state, pairs_of_properties);
  lua_setfield(state, -2, "__pairs");
  lua_pushcfunction(state, count_properties);
  lua_setfield(state, -2, "__len");
  lua_pop(state, 1);
  lua_setiuservalue(state, -2, 1);
  lua_pushcfunction(state, attribute);
  lua_setiuservalue(state, -2, 2);
}

}  // namespace lua

// What a call is about, as scripts see it: userdata whose fields are read when they are asked for.
#pragma once

#include <trellis/abi/base.h>

#include <lua.hpp>

namespace lua {

/// Each pushes one; what it shows is the subject of the present call.
void push_message(lua_State* state);
void push_client(lua_State* state);
void push_event(lua_State* state);
void push_credentials(lua_State* state);

/// Pushes a userdata with so many values of its own, whose fields `index` answers and nobody changes.
void push_view(lua_State* state, const char* type, lua_CFunction index, int values);
/// Pushes a text, or nil where it is not there. The field's name lies at 2, for the error where it is too long.
int push_text(lua_State* state, trellis_view text, bool there);

}  // namespace lua

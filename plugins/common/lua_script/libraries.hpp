// The functions scripts have. Each open_… leaves its table, or the functions in the table at the top of the stack.
#pragma once

#include <lua.hpp>
#include <string_view>

namespace lua {

/// What is left of Lua's basic functions, into the table at the top: no load, dofile, require or collectgarbage, and
/// nothing that would swallow the end of a call.
void open_base(lua_State* state);
/// Pushes coroutine, without close(): of Lua 5.4.4 it recurses without counting.
void open_coroutine(lua_State* state);
/// Pushes string with functions whose loops can be ended, and locks the metatable of texts.
void open_string(lua_State* state);
/// Pushes table with functions whose loops can be ended.
void open_table(lua_State* state);
/// Pushes re, regular expressions that take linear time.
void open_re(lua_State* state);
/// Pushes json.
void open_json(lua_State* state);
/// Pushes crypto, base64 and hex.
void open_crypto(lua_State* state);
void open_base64(lua_State* state);
void open_hex(lua_State* state);
/// Pushes http, whose functions wait.
void open_http(lua_State* state);
/// Pushes resources.
void open_resources(lua_State* state);
/// log, metrics, state, rate, now, publish, timer, and what answers are made with, into the table at the top.
void open_helpers(lua_State* state);

/// publish_event, into the table at the top.
void open_events(lua_State* state);
/// The value at the top as JSON; it stays there. Until the next call of a function of the script's.
std::string_view write_json(lua_State* state);

/// Runs what Lua's own opener of a library leaves, and pushes it.
inline void open_stock(lua_State* state, lua_CFunction opener) {
  lua_pushcfunction(state, opener);
  lua_call(state, 0, 1);
}

}  // namespace lua

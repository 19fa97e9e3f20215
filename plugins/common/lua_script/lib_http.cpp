// http.get and http.post: on_authenticate waits for what a server answers.
#include <cmath>
#include <string>
#include <string_view>

#include "libraries.hpp"
#include "task.hpp"

namespace lua {
namespace {

constexpr std::size_t kMostHeaders = 64;

std::string_view text_at(lua_State* state, int index, const char* what) {
  if (lua_type(state, index) != LUA_TSTRING)
    luaL_error(state, "%s is a %s, expected a text", what, luaL_typename(state, index));
  std::size_t size = 0;
  const char* text = lua_tolstring(state, index, &size);
  return {text, size};
}

void read_headers(lua_State* state, HttpRequest& request) {
  if (!lua_istable(state, -1)) luaL_error(state, "headers is a %s, expected a table", luaL_typename(state, -1));
  const int table = lua_gettop(state);
  for (lua_pushnil(state); lua_next(state, table) != 0; lua_pop(state, 1)) {
    const std::string_view name = text_at(state, -2, "a header's name");
    request.headers.emplace_back(name, text_at(state, -1, "a header"));
    if (request.headers.size() > kMostHeaders) luaL_error(state, "more than 64 headers");
  }
}

void read_options(lua_State* state, HttpRequest& request) {
  if (lua_isnoneornil(state, 2)) return;
  luaL_checktype(state, 2, LUA_TTABLE);
  for (lua_pushnil(state); lua_next(state, 2) != 0; lua_pop(state, 1)) {
    const std::string_view name = text_at(state, -2, "an option's name");
    if (name == "headers") {
      read_headers(state, request);
    } else if (name == "body" && request.method != "GET") {
      request.body = text_at(state, -1, "body");
    } else if (name == "timeout") {
      const lua_Number seconds = lua_isnumber(state, -1) != 0 ? lua_tonumber(state, -1) : 0;
      if (!(seconds >= 0.001 && seconds <= 3600)) luaL_error(state, "timeout is not from 0.001 to 3600 seconds");
      request.timeout = std::chrono::milliseconds(std::llround(seconds * 1000));
    } else {
      luaL_error(state, "http has no option '%s' here", name.data());
    }
  }
}

/// What the script gets once it goes on: a table, or nil and why not.
int push_answer(lua_State* state, int /*status*/, lua_KContext /*unused*/) {
  const HttpAnswer& answer = Runner::of(state).task()->answer();
  if (!answer.error.empty()) {
    luaL_pushfail(state);
    lua_pushlstring(state, answer.error.data(), answer.error.size());
    return 2;
  }
  lua_createtable(state, 0, 3);
  lua_pushinteger(state, answer.status);
  lua_setfield(state, -2, "status");
  lua_pushlstring(state, answer.body.data(), answer.body.size());
  lua_setfield(state, -2, "body");
  lua_createtable(state, 0, static_cast<int>(answer.headers.size()));
  for (auto header = answer.headers.rbegin(); header != answer.headers.rend(); ++header) {
    lua_pushlstring(state, header->first.data(), header->first.size());
    lua_pushlstring(state, header->second.data(), header->second.size());
    lua_rawset(state, -3);  // the first of a name stays
  }
  lua_setfield(state, -2, "headers");
  return 1;
}

int send(lua_State* state, const char* method) {
  Task* task = Runner::of(state).task();
  if (task == nullptr) return luaL_error(state, "only on_authenticate may wait for http");
  // What waits is the whole question: a coroutine of the script's own would be resumed by the script.
  if (task->coroutine() != state) return luaL_error(state, "http has to be called outside of coroutines");
  if (lua_isyieldable(state) == 0) return luaL_error(state, "http cannot wait within a function that others call");
  HttpRequest request;
  request.method = method;
  std::size_t size = 0;
  const char* url = luaL_checklstring(state, 1, &size);
  request.url.assign(url, size);
  read_options(state, request);
  task->wait_for(std::move(request));
  return lua_yieldk(state, 0, 0, push_answer);
}

int get(lua_State* state) { return send(state, "GET"); }
int post(lua_State* state) { return send(state, "POST"); }

}  // namespace

void open_http(lua_State* state) {
  static constexpr luaL_Reg kOwn[] = {{"get", get}, {"post", post}, {nullptr, nullptr}};
  lua_newtable(state);
  luaL_setfuncs(state, kOwn, 0);
}

}  // namespace lua

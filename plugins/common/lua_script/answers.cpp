#include "answers.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <trellis/topic.hpp>

#include "json_reader.hpp"
#include "runner.hpp"

namespace lua {
namespace {

constexpr std::size_t kMostReasonBytes = 512;

/// The reason behind a false, which may be missing.
void read_reason(lua_State* state, int at, std::string& reason) {
  reason.clear();
  if (lua_type(state, at) != LUA_TSTRING) return;
  std::size_t size = 0;
  const char* text = lua_tolstring(state, at, &size);
  reason.assign(text, std::min(size, kMostReasonBytes));
}

/// A whole number above 0; 0 where the field is not there.
template <class Number>
void read_limit(lua_State* state, const char* name, Number& out, lua_Integer most) {
  lua_pushstring(state, name);
  if (lua_rawget(state, 1) != LUA_TNIL) {
    const lua_Integer found = lua_isinteger(state, -1) != 0 ? lua_tointeger(state, -1) : 0;
    if (found < 1 || found > most) luaL_error(state, "the answer's %s is no whole number above 0", name);
    out = static_cast<Number>(found);
  }
  lua_pop(state, 1);
}

void check_limit_names(lua_State* state) {
  static constexpr std::string_view kNames[] = {"sessions", "subscriptions", "session_expiry", "publishes_per_second",
                                                "bytes_per_second"};
  for (lua_pushnil(state); lua_next(state, 1) != 0; lua_pop(state, 1)) {
    const char* name = lua_type(state, -2) == LUA_TSTRING ? lua_tostring(state, -2) : "?";
    if (std::find(std::begin(kNames), std::end(kNames), std::string_view(name)) == std::end(kNames))
      luaL_error(state, "the answer has a limit \"%s\", which there is not", name);
  }
}

}  // namespace

void refuse_answer(lua_State* state) {
  const std::string_view called = Runner::of(state).called();
  const auto hook = hook_named(called);
  luaL_error(state, "%s answered a %s, expected %s", called.data(), luaL_typename(state, 1),
             hook ? facts(*hook).answers : "true or false");
  throw 0;  // not reached: luaL_error() does not return
}

bool VerdictReader::take(lua_State* state, int at) noexcept {
  const int type = lua_type(state, at);
  verdict_ = type != LUA_TBOOLEAN ? Verdict::none : lua_toboolean(state, at) != 0 ? Verdict::yes : Verdict::no;
  reason_.clear();
  if (verdict_ == Verdict::no) read_reason(state, at + 1, reason_);
  return type == LUA_TNIL || type == LUA_TBOOLEAN;
}

bool AdmissionReader::take(lua_State* state, int at) noexcept {
  limits_ = {};
  return verdict_.take(state, at);
}

void AdmissionReader::read(lua_State* state) {
  if (!lua_istable(state, 1)) refuse_answer(state);
  check_limit_names(state);
  read_limit(state, "sessions", limits_.sessions, UINT32_MAX);
  read_limit(state, "subscriptions", limits_.subscriptions, UINT32_MAX);
  read_limit(state, "session_expiry", limits_.session_expiry_s, UINT32_MAX);
  read_limit(state, "publishes_per_second", limits_.publishes_per_s, INT64_MAX);
  read_limit(state, "bytes_per_second", limits_.bytes_per_s, INT64_MAX);
}

bool GrantReader::take(lua_State* state, int at) noexcept {
  const int type = lua_type(state, at);
  kind_ = type == LUA_TBOOLEAN ? Kind::deny : Kind::defer;
  if (type == LUA_TBOOLEAN) read_reason(state, at + 1, reason_);
  // A forgotten word must let nobody in: true says not who.
  return type == LUA_TNIL || (type == LUA_TBOOLEAN && lua_toboolean(state, at) == 0);
}

void GrantReader::read(lua_State* state) {
  if (!lua_istable(state, 1)) refuse_answer(state);
  lua_getfield(state, LUA_REGISTRYINDEX, "grant");
  if (lua_getmetatable(state, 1) == 0 || lua_rawequal(state, -1, -2) == 0) refuse_answer(state);
  lua_settop(state, 1);
  std::size_t size = 0;
  // allow() checked what it was given, but the script may have written into its table since.
  if (lua_rawgeti(state, 1, 1) != LUA_TSTRING) luaL_error(state, "the name is no text any more");
  const char* name = lua_tolstring(state, -1, &size);
  name_.assign(name, size);
  if (size > kMostNameBytes || !trellis::valid_text(name_))
    luaL_error(state, "the name is no text in UTF-8 of at most %d bytes", static_cast<int>(kMostNameBytes));
  lua_rawgeti(state, 1, 2);
  read_attributes(state);
  lua_rawgeti(state, 1, 3);
  const lua_Number expires = lua_tonumber(state, -1);
  if (!(expires >= 0 && expires < kEndOfTime)) luaL_error(state, "expires is no time any more");
  expires_ms_ = static_cast<std::int64_t>(expires * 1000);
  kind_ = Kind::allow;
}

/// Of the table at the top, or nil: texts, whole numbers and lists of texts, as what authorizers read.
void GrantReader::read_attributes(lua_State* state) {
  attributes_.clear();
  has_attributes_ = !lua_isnil(state, -1);
  if (!has_attributes_) return;
  if (!lua_istable(state, -1)) luaL_error(state, "the attributes are no table any more");
  const int table = lua_gettop(state);
  std::size_t bytes = 0;
  for (lua_pushnil(state); lua_next(state, table) != 0; lua_settop(state, table + 1)) {
    if (lua_type(state, table + 1) != LUA_TSTRING) luaL_error(state, "an attribute's name is no text");
    lua_pushcfunction(state, encode_json);
    lua_pushvalue(state, table + 2);
    lua_call(state, 1, 1);
    std::size_t name_size = 0;
    std::size_t size = 0;
    const char* name = lua_tolstring(state, table + 1, &name_size);
    const char* value = lua_tolstring(state, -1, &size);
    bytes += name_size + size;
    if (bytes > kMostAttributeBytes)
      luaL_error(state, "the attributes have more than %d bytes", static_cast<int>(kMostAttributeBytes));
    attributes_.emplace_back(std::string(name, name_size), std::string(value, size));
  }
}

}  // namespace lua

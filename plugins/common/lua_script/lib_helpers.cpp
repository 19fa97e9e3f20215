// log, metrics, state, rate, now, publish, timer, and what answers are made with.
#include <algorithm>
#include <cmath>

#include "answers.hpp"
#include "libraries.hpp"
#include "outcome.hpp"
#include "runner.hpp"
#include "store.hpp"

namespace lua {
namespace {

Services& services(lua_State* state) { return Runner::of(state).services(); }

std::string_view key_argument(lua_State* state, int index) {
  std::size_t size = 0;
  const char* key = luaL_checklstring(state, index, &size);
  luaL_argcheck(state, size <= Store::kLongestKey, index, "longer than 256 bytes");
  return {key, size};
}

/// A life in seconds; 0 where there is none.
Store::Time life_argument(lua_State* state, int index) {
  if (lua_isnoneornil(state, index)) return Store::Time(0);
  const lua_Number seconds = luaL_checknumber(state, index);
  luaL_argcheck(state, seconds > 0 && seconds <= 31'622'400, index, "expected seconds, more than 0 and at most a year");
  return Store::Time(std::max<std::int64_t>(1, std::llround(seconds * 1000)));
}

template <trellis::Level level>
int log_line(lua_State* state) {
  std::size_t size = 0;
  const char* text = luaL_tolstring(state, 1, &size);
  services(state).log(level, {text, std::min<std::size_t>(size, 1024)});
  return 0;
}

int count(lua_State* state) {
  std::size_t size = 0;
  const char* data = luaL_checklstring(state, 1, &size);
  const std::string_view name(data, size);
  const lua_Integer amount = luaL_optinteger(state, 2, 1);
  luaL_argcheck(state, amount >= 0, 2, "a counter only grows");
  const bool good = !name.empty() && size <= 48 && name.front() >= 'a' && name.front() <= 'z' &&
                    name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
  luaL_argcheck(state, good, 1, "expected at most 48 of a-z, 0-9 and _, a letter first");
  lua_pushboolean(state, services(state).count(name, amount) ? 1 : 0);
  return 1;
}

int state_get(lua_State* state) {
  const auto value = services(state).store().get(key_argument(state, 1), services(state).now());
  if (!value) {
    lua_pushnil(state);
  } else if (const auto* truth = std::get_if<bool>(&*value)) {
    lua_pushboolean(state, *truth ? 1 : 0);
  } else if (const auto* whole = std::get_if<std::int64_t>(&*value)) {
    lua_pushinteger(state, *whole);
  } else if (const auto* number = std::get_if<double>(&*value)) {
    lua_pushnumber(state, *number);
  } else {
    const auto& text = std::get<std::string>(*value);
    lua_pushlstring(state, text.data(), text.size());
  }
  return 1;
}

int state_set(lua_State* state) {
  const std::string_view key = key_argument(state, 1);
  const Store::Time life = life_argument(state, 3);
  Store& store = services(state).store();
  Store::Value value;
  switch (lua_type(state, 2)) {
    case LUA_TNIL:
    case LUA_TNONE:
      store.remove(key);
      return 0;
    case LUA_TBOOLEAN:
      value = lua_toboolean(state, 2) != 0;
      break;
    case LUA_TNUMBER:
      if (lua_isinteger(state, 2) != 0) {
        value = static_cast<std::int64_t>(lua_tointeger(state, 2));
      } else {
        value = lua_tonumber(state, 2);
      }
      break;
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* text = lua_tolstring(state, 2, &size);
      luaL_argcheck(state, size <= Store::kLongestValue, 2, "longer than 65536 bytes");
      value = std::string(text, size);
      break;
    }
    default:
      return luaL_typeerror(state, 2, "text, number, boolean or nil");
  }
  store.set(key, std::move(value), life, services(state).now());
  return 0;
}

int state_incr(lua_State* state) {
  const std::string_view key = key_argument(state, 1);
  const lua_Integer by = luaL_optinteger(state, 2, 1);
  const Store::Time life = life_argument(state, 3);
  const auto sum = services(state).store().increase(key, by, life, services(state).now());
  if (!sum) return luaL_error(state, "'%s' is no whole number that can grow by that", lua_tostring(state, 1));
  lua_pushinteger(state, *sum);
  return 1;
}

int rate(lua_State* state) {
  const std::string_view key = key_argument(state, 1);
  const lua_Number per_second = luaL_checknumber(state, 2);
  luaL_argcheck(state, per_second > 0.0001 && per_second <= 1e9, 2, "expected from 0.0001 to 1e9");
  const lua_Number burst = luaL_optnumber(state, 3, std::max(1.0, per_second));
  luaL_argcheck(state, burst >= 1 && burst <= 1e9, 3, "expected from 1 to 1e9");
  lua_pushboolean(state, services(state).store().take(key, per_second, burst, services(state).now()) ? 1 : 0);
  return 1;
}

int now(lua_State* state) {
  lua_pushnumber(state, static_cast<lua_Number>(services(state).wall().count()) / 1000);
  return 1;
}

int pass(lua_State* state) {
  lua_pushboolean(state, 1);
  return 1;
}

int drop(lua_State* state) {
  luaL_optstring(state, 1, nullptr);
  lua_settop(state, 1);
  lua_pushboolean(state, 0);
  lua_insert(state, 1);
  return 2;
}

int nothing(lua_State*) { return 0; }

/// allow() is true; allow(name [, attributes [, {expires = …}]]) says who a client is, in a table of its own kind.
int allow(lua_State* state) {
  if (lua_isnone(state, 1)) return pass(state);
  luaL_checkstring(state, 1);
  if (!lua_isnoneornil(state, 2)) luaL_checktype(state, 2, LUA_TTABLE);
  lua_Number expires = 0;
  if (!lua_isnoneornil(state, 3)) {
    luaL_checktype(state, 3, LUA_TTABLE);
    for (lua_pushnil(state); lua_next(state, 3) != 0; lua_pop(state, 1)) {
      const bool known = lua_type(state, -2) == LUA_TSTRING && lua_tostring(state, -2) == std::string_view("expires");
      expires = lua_tonumber(state, -1);
      if (!known || !(expires > 0 && expires < kEndOfTime))
        return luaL_argerror(state, 3, "expected {expires = Unix time in seconds}");
    }
  }
  lua_settop(state, 2);
  lua_createtable(state, 3, 0);
  lua_insert(state, 1);
  lua_rawseti(state, 1, 2);
  lua_rawseti(state, 1, 1);
  lua_pushnumber(state, expires);
  lua_rawseti(state, 1, 3);
  lua_getfield(state, LUA_REGISTRYINDEX, "grant");
  lua_setmetatable(state, 1);
  return 1;
}

/// publish{topic = …, …}: a message of the script's own, sent once the call is over.
int publish(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 1);
  Runner& runner = Runner::of(state);
  std::string name_space(runner.subject(state).name_space);
  if (name_space.empty()) name_space = runner.services().only_namespace();
  lua_pushliteral(state, "namespace");
  if (lua_rawget(state, 1) != LUA_TNIL) {
    if (!runner.subject(state).name_space.empty())
      return luaL_error(state, "publish: a namespace may be named in on_timer alone");
    name_space = luaL_checkstring(state, 2);
  }
  lua_settop(state, 1);
  if (name_space.empty()) return luaL_error(state, "publish: there are several namespaces; name one");
  Target target;
  read_target(state, 1, "publish:", target, "namespace");
  if (!target.topic) return luaL_error(state, "publish: there is no topic");
  if (--runner.publications_left() < 0) return luaL_error(state, "publish: more than 64 messages in one call");
  static constexpr trellis_message kNothing{};
  OwnedMessage message = OwnedMessage::of(compose(trellis::Message(&kNothing), target, 0));
  message.name_space = std::move(name_space);
  lua_pushboolean(state, runner.services().publish(std::move(message)) ? 1 : 0);
  return 1;
}

/// timer(seconds [, name]): on_timer once, after that time; timer(nil, name): not any more.
int timer(lua_State* state) {
  const bool off = lua_isnil(state, 1);
  const lua_Number seconds = off ? 0 : luaL_checknumber(state, 1);
  luaL_argcheck(state, off || (seconds >= 0.001 && seconds <= 31'622'400), 1,
                "expected 0.001 seconds to a year, or nil");
  std::size_t size = 0;
  const char* name = luaL_optlstring(state, 2, "", &size);
  luaL_argcheck(state, size <= Store::kLongestKey, 2, "longer than 256 bytes");
  const auto delay = std::chrono::milliseconds(off ? 0 : std::max<std::int64_t>(1, std::llround(seconds * 1000)));
  lua_pushboolean(state, services(state).set_timer({name, size}, delay) ? 1 : 0);
  return 1;
}

int locked(lua_State* state) { return luaL_error(state, "the library cannot be changed; use its functions"); }

void add(lua_State* state, const char* name, const luaL_Reg* functions) {
  lua_newtable(state);
  lua_newtable(state);
  lua_newtable(state);
  luaL_setfuncs(state, functions, 0);
  lua_setfield(state, -2, "__index");
  lua_pushcfunction(state, locked);
  lua_setfield(state, -2, "__newindex");
  lua_pushliteral(state, "locked");
  lua_setfield(state, -2, "__metatable");
  lua_setmetatable(state, -2);
  lua_setfield(state, -2, name);
}

}  // namespace

void open_helpers(lua_State* state) {
  static constexpr luaL_Reg kLog[] = {{"info", log_line<trellis::Level::info>},
                                      {"warn", log_line<trellis::Level::warn>},
                                      {"error", log_line<trellis::Level::error>},
                                      {nullptr, nullptr}};
  static constexpr luaL_Reg kMetrics[] = {{"count", count}, {nullptr, nullptr}};
  static constexpr luaL_Reg kState[] = {
      {"get", state_get}, {"set", state_set}, {"incr", state_incr}, {nullptr, nullptr}};
  static constexpr luaL_Reg kPlain[] = {{"rate", rate},     {"now", now},      {"publish", publish}, {"timer", timer},
                                        {"pass", pass},     {"allow", allow},  {"drop", drop},       {"deny", drop},
                                        {"defer", nothing}, {nullptr, nullptr}};
  lua_createtable(state, 0, 1);
  lua_pushliteral(state, "locked");
  lua_setfield(state, -2, "__metatable");
  lua_setfield(state, LUA_REGISTRYINDEX, "grant");
  add(state, "log", kLog);
  add(state, "metrics", kMetrics);
  add(state, "state", kState);
  luaL_setfuncs(state, kPlain, 0);
}

}  // namespace lua

#include "outcome.hpp"

#include <algorithm>
#include <cmath>
#include <trellis/topic.hpp>

#include "runner.hpp"

namespace lua {
namespace {

constexpr std::string_view kGone{};

[[noreturn]] void refuse(lua_State* state, const char* field, const char* expected) {
  luaL_error(state, "the answer's %s is a %s, expected %s", field, luaL_typename(state, -1), expected);
  throw 0;  // not reached: luaL_error() does not return
}

/// The text at the top, which stays alive in its table: a number is written back there as text.
std::string_view text_at_top(lua_State* state, int table, const char* field) {
  std::size_t size = 0;
  if (lua_type(state, -1) == LUA_TNUMBER) {
    lua_tolstring(state, -1, &size);
    lua_pushstring(state, field);
    lua_pushvalue(state, -2);
    lua_rawset(state, table);
  } else if (lua_type(state, -1) != LUA_TSTRING) {
    refuse(state, field, "a text");
  }
  const char* text = lua_tolstring(state, -1, &size);
  return {text, size};
}

/// Whether the field is there; then it is at the top.
bool field(lua_State* state, int table, const char* name) {
  lua_pushstring(state, name);
  if (lua_rawget(state, table) != LUA_TNIL) return true;
  lua_pop(state, 1);
  return false;
}

void read_text(lua_State* state, int table, const char* name, std::optional<std::string_view>& out, bool may_go) {
  if (!field(state, table, name)) return;
  const bool gone = may_go && lua_isboolean(state, -1) && lua_toboolean(state, -1) == 0;
  out = gone ? kGone : text_at_top(state, table, name);
  lua_pop(state, 1);
}

void read_numbers(lua_State* state, int table, Target& target) {
  if (field(state, table, "qos")) {
    const lua_Integer qos = lua_isinteger(state, -1) ? lua_tointeger(state, -1) : -1;
    if (qos < 0 || qos > 2) refuse(state, "qos", "0, 1 or 2");
    target.qos = static_cast<unsigned>(qos);
    lua_pop(state, 1);
  }
  if (field(state, table, "retain")) {
    if (!lua_isboolean(state, -1)) refuse(state, "retain", "true or false");
    target.retain = lua_toboolean(state, -1) != 0;
    lua_pop(state, 1);
  }
  if (field(state, table, "expiry")) {
    const bool none = lua_isboolean(state, -1) && lua_toboolean(state, -1) == 0;
    const lua_Number seconds = none ? -1 : lua_tonumber(state, -1);
    if (!none && (lua_type(state, -1) != LUA_TNUMBER || std::isnan(seconds) || seconds < 0 || seconds > 4294967295.0))
      refuse(state, "expiry", "seconds from 0 to 4294967295, or false");
    target.expiry_s = static_cast<std::int64_t>(std::ceil(seconds));
    lua_pop(state, 1);
  }
}

void read_properties(lua_State* state, int table, Target& target) {
  if (!field(state, table, "user_properties")) return;
  if (!lua_istable(state, -1)) refuse(state, "user_properties", "a table of texts by name");
  const int properties = lua_gettop(state);
  for (lua_pushnil(state); lua_next(state, properties) != 0; lua_pop(state, 1)) {
    if (lua_type(state, -2) != LUA_TSTRING) {
      luaL_error(state, "the answer's user_properties have a name that is a %s, expected a text",
                 luaL_typename(state, -2));
    }
    std::size_t size = 0;
    const char* name = lua_tolstring(state, -2, &size);
    const bool gone = lua_isboolean(state, -1) && lua_toboolean(state, -1) == 0;
    // Writing to a field that is there is allowed while the table is walked.
    const std::string_view value = gone ? kGone : text_at_top(state, properties, name);
    target.user_properties.emplace_back(std::string_view(name, size), value);
    if (target.user_properties.size() > Outcome::kMostTargets)
      luaL_error(state, "the answer has more than 64 user_properties");
  }
  lua_pop(state, 1);
}

/// MQTT wants these to be UTF-8 without U+0000.
void check_text(lua_State* state, const char* name, std::string_view text) {
  if (!trellis::valid_text(text)) luaL_error(state, "the answer's %s is no text in UTF-8", name);
}

void check_topic(lua_State* state, std::string_view topic) {
  if (trellis::valid_topic_name(topic)) return;
  lua_pushlstring(state, topic.data(), std::min<std::size_t>(topic.size(), 100));
  luaL_error(state, "the answer's topic \"%s\" is no topic name", lua_tostring(state, -1));
}

void check_names(lua_State* state, int table) {
  static constexpr std::string_view kNames[] = {
      "topic",          "payload",          "qos",    "retain",         "content_type",
      "response_topic", "correlation_data", "expiry", "user_properties"};
  for (lua_pushnil(state); lua_next(state, table) != 0; lua_pop(state, 1)) {
    if (lua_type(state, -2) != LUA_TSTRING) {
      luaL_error(state, "the answer has both a list and fields, or a key that is a %s", luaL_typename(state, -2));
    }
    std::size_t size = 0;
    const char* name = lua_tolstring(state, -2, &size);
    bool known = false;
    for (std::string_view one : kNames) known = known || one == std::string_view(name, size);
    if (!known) luaL_error(state, "the answer has a field \"%s\", which no message has", name);
  }
}

void read_target(lua_State* state, int table, Target& target) {
  check_names(state, table);
  read_text(state, table, "topic", target.topic, false);
  if (target.topic) check_topic(state, *target.topic);
  read_text(state, table, "payload", target.payload, false);
  read_text(state, table, "content_type", target.content_type, true);
  check_text(state, "content_type", target.content_type.value_or(""));
  read_text(state, table, "response_topic", target.response_topic, true);
  if (target.response_topic && target.response_topic->data() != nullptr) check_topic(state, *target.response_topic);
  read_text(state, table, "correlation_data", target.correlation_data, true);
  read_numbers(state, table, target);
  read_properties(state, table, target);
  for (const auto& [name, value] : target.user_properties) {
    check_text(state, "user_properties", name);
    check_text(state, "user_properties", value);
  }
}

void read_list(lua_State* state, lua_Unsigned count, Outcome& outcome) {
  if (count > Outcome::kMostTargets)
    luaL_error(state, "the answer lists %d messages, at most 64 may go on", static_cast<int>(count));
  for (lua_Unsigned i = 1; i <= count; ++i) {
    Target& target = outcome.targets.emplace_back();
    const int type = lua_rawgeti(state, 1, static_cast<lua_Integer>(i));
    if (type == LUA_TSTRING) {
      std::size_t size = 0;
      const char* topic = lua_tolstring(state, -1, &size);
      check_topic(state, target.topic.emplace(topic, size));
    } else if (type == LUA_TTABLE) {
      read_target(state, lua_gettop(state), target);
    } else {
      luaL_error(state, "the answer's message %d is a %s, expected a topic or a table", static_cast<int>(i),
                 luaL_typename(state, -1));
    }
    lua_pop(state, 1);
  }
}

}  // namespace

int read_outcome(lua_State* state) {
  Outcome& outcome = Runner::of(state).outcome();
  outcome.targets.clear();
  const lua_Unsigned count = lua_rawlen(state, 1);
  lua_pushnil(state);
  const bool empty = lua_next(state, 1) == 0;
  lua_settop(state, 1);
  if (count > 0) {
    read_list(state, count, outcome);
  } else if (!empty) {
    read_target(state, 1, outcome.targets.emplace_back());
  }
  outcome.kind = outcome.targets.empty() ? Outcome::Kind::drop : Outcome::Kind::targets;
  outcome.reason = outcome.targets.empty() ? "nowhere" : "";
  return 0;
}

trellis::Publication compose(trellis::Message message, const Target& target, std::int64_t now_ms) {
  trellis::Publication out(target.topic.value_or(message.topic()), target.payload.value_or(message.payload()));
  out.qos(target.qos.value_or(message.qos())).retain(target.retain.value_or(message.retain()));
  if (message.has(TRELLIS_MESSAGE_HAS_FORMAT)) out.text_payload(message.is_text());
  const auto keep = [&](const auto& changed, std::uint32_t flag, std::string_view was, auto set) {
    if (changed ? changed->data() != nullptr : message.has(flag)) set(changed.value_or(was));
  };
  keep(target.content_type, TRELLIS_MESSAGE_HAS_CONTENT_TYPE, message.content_type(),
       [&](std::string_view text) { out.content_type(text); });
  keep(target.response_topic, TRELLIS_MESSAGE_HAS_RESPONSE_TOPIC, message.response_topic(),
       [&](std::string_view text) { out.response_topic(text); });
  keep(target.correlation_data, TRELLIS_MESSAGE_HAS_CORRELATION, message.correlation_data(),
       [&](std::string_view text) { out.correlation_data(text); });
  if (target.expiry_s) {
    if (*target.expiry_s >= 0) out.expires_after(std::chrono::seconds(*target.expiry_s));
  } else if (const auto at = message.expires_at()) {
    const std::int64_t left = at->count() > now_ms ? (at->count() - now_ms + 999) / 1000 : 0;
    out.expires_after(std::chrono::seconds(left));
  }
  for (const trellis::Pair pair : message.user_properties()) {
    bool replaced = false;
    for (const auto& [name, value] : target.user_properties) replaced = replaced || name == pair.name;
    if (!replaced) out.user_property(pair.name, pair.value);
  }
  for (const auto& [name, value] : target.user_properties) {
    if (value.data() != nullptr) out.user_property(name, value);
  }
  return out;
}

}  // namespace lua

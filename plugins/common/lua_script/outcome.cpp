#include "outcome.hpp"

#include <algorithm>
#include <cmath>
#include <trellis/topic.hpp>

#include "answers.hpp"
#include "runner.hpp"

namespace lua {
namespace {

constexpr std::string_view kGone{};

/// Reads one table of a message's fields. What it holds needs no destructor of its own, for errors pass through.
class TargetReader {
 public:
  TargetReader(lua_State* state, int table, const char* whose, Target& target) noexcept
      : state_(state), table_(table), whose_(whose), target_(target) {}

  void read(std::string_view may_have) {
    check_names(may_have);
    read_text("topic", target_.topic, false);
    if (target_.topic) check_topic(*target_.topic);
    read_text("payload", target_.payload, false);
    read_text("content_type", target_.content_type, true);
    check_text("content_type", target_.content_type.value_or(""));
    read_text("response_topic", target_.response_topic, true);
    if (target_.response_topic && target_.response_topic->data() != nullptr) check_topic(*target_.response_topic);
    read_text("correlation_data", target_.correlation_data, true);
    check_length("correlation_data", target_.correlation_data.value_or(""));
    read_numbers();
    read_properties();
  }
  void check_topic(std::string_view topic) {
    if (trellis::valid_topic_name(topic)) return;
    lua_pushlstring(state_, topic.data(), std::min<std::size_t>(topic.size(), 100));
    luaL_error(state_, "%s topic \"%s\" is no topic name", whose_, lua_tostring(state_, -1));
  }

 private:
  [[noreturn]] void refuse(const char* field, const char* expected) {
    luaL_error(state_, "%s %s is a %s, expected %s", whose_, field, luaL_typename(state_, -1), expected);
    throw 0;  // not reached: luaL_error() does not return
  }

  /// The text at the top, which stays alive in its table: a number is written back there as text.
  std::string_view text_at_top(int table, const char* field) {
    std::size_t size = 0;
    if (lua_type(state_, -1) == LUA_TNUMBER) {
      lua_tolstring(state_, -1, &size);
      lua_pushstring(state_, field);
      lua_pushvalue(state_, -2);
      lua_rawset(state_, table);
    } else if (lua_type(state_, -1) != LUA_TSTRING) {
      refuse(field, "a text");
    }
    const char* text = lua_tolstring(state_, -1, &size);
    return {text, size};
  }

  /// Whether the field is there; then it is at the top.
  bool field(const char* name) {
    lua_pushstring(state_, name);
    if (lua_rawget(state_, table_) != LUA_TNIL) return true;
    lua_pop(state_, 1);
    return false;
  }
  bool is_false() const { return lua_isboolean(state_, -1) && lua_toboolean(state_, -1) == 0; }

  void read_text(const char* name, std::optional<std::string_view>& out, bool may_go) {
    if (!field(name)) return;
    out = may_go && is_false() ? kGone : text_at_top(table_, name);
    lua_pop(state_, 1);
  }

  void read_numbers() {
    if (field("qos")) {
      const lua_Integer qos = lua_isinteger(state_, -1) ? lua_tointeger(state_, -1) : -1;
      if (qos < 0 || qos > 2) refuse("qos", "0, 1 or 2");
      target_.qos = static_cast<unsigned>(qos);
      lua_pop(state_, 1);
    }
    if (field("retain")) {
      if (!lua_isboolean(state_, -1)) refuse("retain", "true or false");
      target_.retain = lua_toboolean(state_, -1) != 0;
      lua_pop(state_, 1);
    }
    if (field("expiry")) {
      const bool none = is_false();
      const lua_Number seconds = none ? -1 : lua_tonumber(state_, -1);
      if (!none &&
          (lua_type(state_, -1) != LUA_TNUMBER || std::isnan(seconds) || seconds < 0 || seconds > 4294967295.0))
        refuse("expiry", "seconds from 0 to 4294967295, or false");
      target_.expiry_s = static_cast<std::int64_t>(std::ceil(seconds));
      lua_pop(state_, 1);
    }
  }

  void read_properties() {
    if (!field("user_properties")) return;
    if (!lua_istable(state_, -1)) refuse("user_properties", "a table of texts by name");
    const int properties = lua_gettop(state_);
    for (lua_pushnil(state_); lua_next(state_, properties) != 0; lua_pop(state_, 1)) {
      if (lua_type(state_, -2) != LUA_TSTRING) {
        luaL_error(state_, "%s user_properties have a name that is a %s, expected a text", whose_,
                   luaL_typename(state_, -2));
      }
      std::size_t size = 0;
      const char* name = lua_tolstring(state_, -2, &size);
      // Writing to a field that is there is allowed while the table is walked.
      const std::string_view value = is_false() ? kGone : text_at_top(properties, name);
      target_.user_properties.emplace_back(std::string_view(name, size), value);
      check_text("user_properties", {name, size});
      check_text("user_properties", value);
      if (target_.user_properties.size() > Outcome::kMostTargets)
        luaL_error(state_, "%s user_properties are more than 64", whose_);
    }
    lua_pop(state_, 1);
  }

  void check_length(const char* name, std::string_view text) {
    constexpr std::size_t kMost = 65'535;  // as MQTT can write it
    if (text.size() > kMost) luaL_error(state_, "%s %s has more than %d bytes", whose_, name, static_cast<int>(kMost));
  }
  /// MQTT wants these to be UTF-8 without U+0000.
  void check_text(const char* name, std::string_view text) {
    check_length(name, text);
    if (!trellis::valid_text(text)) luaL_error(state_, "%s %s is no text in UTF-8", whose_, name);
  }

  void check_names(std::string_view may_have) {
    static constexpr std::string_view kNames[] = {
        "topic",          "payload",          "qos",    "retain",         "content_type",
        "response_topic", "correlation_data", "expiry", "user_properties"};
    for (lua_pushnil(state_); lua_next(state_, table_) != 0; lua_pop(state_, 1)) {
      if (lua_type(state_, -2) != LUA_TSTRING) {
        luaL_error(state_, "%s keys are texts, found a list beside them, or a key that is a %s", whose_,
                   luaL_typename(state_, -2));
      }
      std::size_t size = 0;
      const char* name = lua_tolstring(state_, -2, &size);
      const std::string_view found(name, size);
      if (found != may_have && std::find(std::begin(kNames), std::end(kNames), found) == std::end(kNames))
        luaL_error(state_, "%s field \"%s\" is none that a message has", whose_, name);
    }
  }

  lua_State* state_;
  int table_;
  const char* whose_;
  Target& target_;
};

constexpr const char* kAnswers = "the answer's";

/// The broker copies them, so that they take memory which is not the script's.
void check_payloads(lua_State* state, const Outcome& outcome) {
  std::size_t bytes = 0;
  for (const Target& target : outcome.targets) bytes += target.payload.value_or("").size();
  const std::size_t most = Runner::of(state).heap().limit();
  if (bytes <= most) return;
  luaL_error(state, "the answer's payloads have together %I bytes, a script may hold %I",
             static_cast<LUAI_UACINT>(bytes), static_cast<LUAI_UACINT>(most));
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
      TargetReader(state, 0, kAnswers, target).check_topic(target.topic.emplace(topic, size));
    } else if (type == LUA_TTABLE) {
      read_target(state, lua_gettop(state), kAnswers, target);
    } else {
      luaL_error(state, "the answer's message %d is a %s, expected a topic or a table", static_cast<int>(i),
                 luaL_typename(state, -1));
    }
    lua_pop(state, 1);
  }
  check_payloads(state, outcome);
}

}  // namespace

void read_target(lua_State* state, int table, const char* whose, Target& target, std::string_view may_have) {
  TargetReader(state, table, whose, target).read(may_have);
}

bool OutcomeReader::take(lua_State* state, int at) noexcept {
  outcome_.kind = Outcome::Kind::pass;
  outcome_.reason = {};
  const int type = lua_type(state, at);
  if (type == LUA_TBOOLEAN && lua_toboolean(state, at) == 0) {
    outcome_.kind = Outcome::Kind::drop;
    if (lua_type(state, at + 1) == LUA_TSTRING) outcome_.reason = lua_tostring(state, at + 1);
  }
  return type == LUA_TNIL || type == LUA_TBOOLEAN;
}

void OutcomeReader::read(lua_State* state) {
  if (!lua_istable(state, 1)) refuse_answer(state);
  outcome_.targets.clear();
  const lua_Unsigned count = lua_rawlen(state, 1);
  lua_pushnil(state);
  const bool empty = lua_next(state, 1) == 0;
  lua_settop(state, 1);
  if (count > 0) {
    read_list(state, count, outcome_);
  } else if (!empty) {
    read_target(state, 1, kAnswers, outcome_.targets.emplace_back());
  }
  outcome_.kind = outcome_.targets.empty() ? Outcome::Kind::drop : Outcome::Kind::targets;
  outcome_.reason = outcome_.targets.empty() ? "nowhere" : "";
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

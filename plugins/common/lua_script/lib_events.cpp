// publish_event: events of a script's own, for topics of service-events.
#include "event_outbox.hpp"
#include "libraries.hpp"
#include "runner.hpp"

namespace lua {
namespace {

constexpr std::size_t kLongestTopic = 50;

std::string name_space_of(lua_State* state, Runner& runner) {
  const std::string_view own = runner.subject(state).name_space;
  if (lua_isnoneornil(state, 3)) return std::string(own.empty() ? runner.services().only_namespace() : own);
  if (!own.empty()) luaL_error(state, "publish_event: a namespace may be named in on_timer alone");
  return luaL_checkstring(state, 3);
}

/// publish_event(topic, event [, namespace]): sent once the call is over.
int publish_event(lua_State* state) {
  std::size_t size = 0;
  const char* const topic = luaL_checklstring(state, 1, &size);
  luaL_argcheck(state, size > 0 && size <= kLongestTopic, 1, "expected the name of a topic, at most 50 bytes");
  luaL_checktype(state, 2, LUA_TTABLE);
  Runner& runner = Runner::of(state);
  OwnedMessage message;
  message.name_space = name_space_of(state, runner);
  if (message.name_space.empty()) return luaL_error(state, "publish_event: there are several namespaces; name one");
  message.event_topic.assign(topic, size);
  lua_settop(state, 2);
  std::string why;
  message.payload = complete_event(std::string(write_json(state)), runner.services().wall().count(), why);
  if (message.payload.empty()) return luaL_error(state, "publish_event: %s", why.c_str());
  if (--runner.publications_left() < 0) return luaL_error(state, "publish_event: more than 64 messages in one call");
  lua_pushboolean(state, runner.services().publish(std::move(message)) ? 1 : 0);
  return 1;
}

}  // namespace

void open_events(lua_State* state) {
  lua_pushcfunction(state, publish_event);
  lua_setfield(state, -2, "publish_event");
}

}  // namespace lua

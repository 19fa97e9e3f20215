// The CloudEvent as scripts see it.
#include <string_view>

#include "runner.hpp"
#include "views.hpp"

namespace lua {
namespace {

int index_event(lua_State* state) {
  std::size_t size = 0;
  const char* data = luaL_checklstring(state, 2, &size);
  const std::string_view name(data, size);
  if (name == "message") return lua_getiuservalue(state, 1, 1), 1;
  Runner& runner = Runner::of(state);
  const trellis_message* message = runner.message(state);
  runner.event().push(state, *message, name);
  return 1;
}

}  // namespace

void push_event(lua_State* state) {
  push_view(state, "event", index_event, 1);
  lua_pushvalue(state, static_cast<int>(Argument::message));
  lua_setiuservalue(state, -2, 1);
}

}  // namespace lua

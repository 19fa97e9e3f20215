// resources.get(type, name) and find(type, key): what the broker's resources say.
#include <string>
#include <string_view>

#include "libraries.hpp"
#include "runner.hpp"

namespace lua {
namespace {

int look(lua_State* state, bool by_key) {
  std::size_t type_size = 0;
  std::size_t name_size = 0;
  const char* type = luaL_checklstring(state, 1, &type_size);
  const char* name = luaL_checklstring(state, 2, &name_size);
  Runner& runner = Runner::of(state);
  std::string_view name_space = runner.subject(state).name_space;
  if (name_space.empty()) name_space = runner.services().only_namespace();
  std::string& json = runner.scratch();
  if (!runner.services().find_resource(name_space, {type, type_size}, {name, name_size}, by_key, json)) {
    luaL_pushfail(state);
    return 1;
  }
  if (json.size() > runner.heap().largest_block()) return luaL_error(state, "the resource is too large");
  if (const char* wrong = runner.json().push(state, json)) return luaL_error(state, "the resource: %s", wrong);
  return 1;
}

int get(lua_State* state) { return look(state, false); }
int find(lua_State* state) { return look(state, true); }

}  // namespace

void open_resources(lua_State* state) {
  static constexpr luaL_Reg kOwn[] = {{"get", get}, {"find", find}, {nullptr, nullptr}};
  lua_newtable(state);
  luaL_setfuncs(state, kOwn, 0);
}

}  // namespace lua

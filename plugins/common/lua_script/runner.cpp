#include "runner.hpp"

#include <algorithm>
#include <new>

#include "call.hpp"
#include "libraries.hpp"
#include "profile.hpp"
#include "views.hpp"

namespace lua {
namespace {

constexpr int kAnswer = kViews + 1;

constexpr int kLoadFactor = 10;  // budgets the main part may take

/// Pops a table and puts one in its place that is read through and cannot be changed.
void lock_table(lua_State* state) {
  lua_newtable(state);
  lua_createtable(state, 0, 3);
  lua_pushvalue(state, -3);
  lua_setfield(state, -2, "__index");
  lua_pushcfunction(state, [](lua_State* here) { return luaL_error(here, "the library cannot be changed"); });
  lua_setfield(state, -2, "__newindex");
  lua_pushliteral(state, "locked");
  lua_setfield(state, -2, "__metatable");
  lua_setmetatable(state, -2);
  lua_remove(state, -2);
}

/// Of the script's globals. Upvalues: the libraries, and whether the main part is done.
int on_new_global(lua_State* state) {
  lua_pushvalue(state, 2);
  if (lua_rawget(state, lua_upvalueindex(1)) != LUA_TNIL)
    return luaL_error(state, "'%s' cannot be replaced", lua_tostring(state, 2));
  lua_pop(state, 1);
  if (lua_toboolean(state, lua_upvalueindex(2)) != 0) {
    lua_pushvalue(state, 2);
    return luaL_error(state, "global '%s' is made in a call; make it local, or in the script's main part",
                      luaL_tolstring(state, -1, nullptr));
  }
  lua_rawset(state, 1);
  return 0;
}

/// Answers the views. At 1 where references to hooks go, at 2 the names of all functions.
int find_functions(lua_State* state) {
  int* hooks = static_cast<int*>(lua_touserdata(state, 1));
  auto& names = *static_cast<std::set<std::string, std::less<>>*>(lua_touserdata(state, 2));
  lua_rawgeti(state, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  for (std::size_t i = 0; i < kHookCount; ++i) {
    lua_pushstring(state, kHooks[i].name);
    const int type = lua_rawget(state, 3);
    if (type != LUA_TNIL && type != LUA_TFUNCTION)
      return luaL_error(state, "%s is a %s, expected a function", kHooks[i].name, luaL_typename(state, -1));
    hooks[i] = type == LUA_TNIL ? 0 : luaL_ref(state, LUA_REGISTRYINDEX);
  }
  for (lua_pushnil(state); lua_next(state, 3) != 0; lua_pop(state, 1)) {
    if (lua_type(state, -2) == LUA_TSTRING && lua_isfunction(state, -1)) names.emplace(lua_tostring(state, -2));
  }
  lua_settop(state, 0);  // so that the views know each other's places
  push_message(state);
  push_client(state);
  push_event(state);
  push_credentials(state);
  return kViews;
}

int push_text_argument(lua_State* state) {
  const auto& text = *static_cast<const std::string_view*>(lua_touserdata(state, 1));
  lua_pushlstring(state, text.data(), text.size());
  return 1;
}

int read_answer(lua_State* state) {
  auto* reader = static_cast<Reader*>(lua_touserdata(state, 3));
  lua_settop(state, 2);
  reader->read(state);
  return 0;
}

/// Of the function named at 1 and the JSON at 2: answers references to it and to what the JSON says.
int bind_function(lua_State* state) {
  const char* name = static_cast<const char*>(lua_touserdata(state, 1));
  const auto& json = *static_cast<const std::string_view*>(lua_touserdata(state, 2));
  auto& bound = *static_cast<Bound*>(lua_touserdata(state, 3));
  lua_rawgeti(state, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_pushstring(state, name);
  if (lua_rawget(state, -2) != LUA_TFUNCTION) return luaL_error(state, "there is no function %s", name);
  if (const char* wrong = Runner::of(state).json().push(state, json)) return luaL_error(state, "arguments: %s", wrong);
  const int arguments = luaL_ref(state, LUA_REGISTRYINDEX);
  bound = {luaL_ref(state, LUA_REGISTRYINDEX), arguments};
  return 0;
}

int end_of_main_part(lua_State* state) {
  lua_rawgeti(state, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  lua_getmetatable(state, -1);
  lua_getfield(state, -1, "__newindex");
  lua_pushboolean(state, 1);
  lua_setupvalue(state, -2, 2);
  return 0;
}

}  // namespace

Runner::Runner(const Limits& limits, Services& services)
    : heap_(limits.memory), budget_(limits.budget, &on_hook), services_(&services) {
  state_ = lua_newstate(&Heap::allocate, &heap_);
  if (state_ == nullptr) throw std::bad_alloc();
  *static_cast<Runner**>(lua_getextraspace(state_)) = this;
}

Runner::~Runner() { lua_close(state_); }

trellis::Result<std::unique_ptr<Runner>> Runner::load(const Source& source, const Limits& limits, Services& services,
                                                      lua_Integer seed) {
  std::unique_ptr<Runner> made(new Runner(limits, services));
  made->name_ = source.name;
  made->open(source, seed);
  if (made->failure_ != Failure::none) return trellis::fail(made->error_);
  if (made->functions_.empty()) return trellis::fail(source.name + ": there is no function; see docs/lua-routing.md");
  return made;
}

void Runner::open(const Source& source, lua_Integer seed) {
  const std::size_t refused = heap_.refused();
  bool spent = false;
  int status = LUA_OK;
  {
    const Budget::Scope scope(budget_, state_, budget_.time() * kLoadFactor);
    lua_pushcfunction(state_, &Runner::set_up);
    lua_pushinteger(state_, seed);
    status = lua_pcall(state_, 1, 0, 0);
    if (status == LUA_OK) {
      const std::string name = "@" + source.name;
      status = luaL_loadbufferx(state_, source.text.data(), source.text.size(), name.c_str(), "t");
    }
    if (status == LUA_OK) status = lua_pcall(state_, 0, 0, 0);
    if (status == LUA_OK) {
      lua_pushcfunction(state_, &end_of_main_part);
      status = lua_pcall(state_, 0, 0, 0);
    }
    spent = budget_.spent();
  }
  if (status == LUA_OK && !spent) {
    lua_pushcfunction(state_, &find_functions);
    lua_pushlightuserdata(state_, hooks_.data());
    lua_pushlightuserdata(state_, &functions_);
    status = lua_pcall(state_, 2, kViews, 0);
  }
  if (status != LUA_OK || spent) fail(state_, status, spent, refused);
}

int Runner::set_up(lua_State* state) {
  const lua_Integer seed = lua_tointeger(state, 1);
  lua_settop(state, 0);
  lua_newtable(state);  // 1: the libraries
  open_base(state);
  open_helpers(state);
  open_events(state);
  const struct {
    const char* name;
    void (*open)(lua_State*);
  } own[] = {{"string", open_string}, {"table", open_table},        {"coroutine", open_coroutine}, {"re", open_re},
             {"json", open_json},     {"crypto", open_crypto},      {"base64", open_base64},       {"hex", open_hex},
             {"http", open_http},     {"resources", open_resources}};
  for (const auto& library : own) {
    library.open(state);
    lock_table(state);
    lua_setfield(state, 1, library.name);
  }
  open_stock(state, luaopen_utf8);
  lock_table(state);
  lua_setfield(state, 1, "utf8");
  open_stock(state, luaopen_math);
  lua_getfield(state, -1, "randomseed");
  lua_pushinteger(state, seed);
  lua_call(state, 1, 0);
  lock_table(state);
  lua_setfield(state, 1, "math");

  lua_newtable(state);  // 2: the globals
  lua_createtable(state, 0, 3);
  lua_pushvalue(state, 1);
  lua_setfield(state, -2, "__index");
  lua_pushvalue(state, 1);
  lua_pushboolean(state, 0);
  lua_pushcclosure(state, &on_new_global, 2);
  lua_setfield(state, -2, "__newindex");
  lua_pushliteral(state, "locked");
  lua_setfield(state, -2, "__metatable");
  lua_setmetatable(state, -2);
  lua_pushvalue(state, 2);
  lua_setfield(state, 1, "_G");
  // Chunks that are loaded from now on get these, and nothing leads to the ones Lua began with.
  lua_rawseti(state, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
  return 0;
}

void Runner::on_hook(lua_State* state, lua_Debug* where) {
  Runner& runner = of(state);
  if (runner.budget_.spent()) runner.stop(state);
  if (runner.profile_ != nullptr) return runner.profile_->sample(state, where);
  lua_sethook(state, nullptr, 0, 0);  // of a call that ended meanwhile
}

void Runner::stop(lua_State* state) {
  heap_.ending(true);
  luaL_where(state, 0);
  if (lua_rawlen(state, -1) == 0) luaL_where(state, 1);
  lua_pushfstring(state, "the call took longer than its budget of %d ms of CPU time",
                  static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(budget_.time()).count()));
  lua_concat(state, 2);
  lua_error(state);
  throw 0;  // not reached: lua_error() does not return
}

const Subject& Runner::subject(lua_State* state) const {
  if (subject_ == nullptr) luaL_error(state, "that is there only during a call");
  return *subject_;
}

const trellis_message* Runner::message(lua_State* state) const {
  const trellis_message* found = subject(state).message;
  if (found == nullptr) luaL_error(state, "%s is not about a message", called_.data());
  return found;
}

bool Runner::fail(lua_State* state, int status, bool spent, std::size_t refused_before) noexcept {
  const bool memory = status == LUA_ERRMEM || (status != LUA_OK && heap_.refused() != refused_before);
  failure_ = spent ? Failure::budget : memory ? Failure::memory : Failure::error;
  // Outside of a protected call, so nothing may be made of the error that takes memory of the state.
  const int type = status == LUA_OK ? LUA_TNONE : lua_type(state, -1);
  if (type == LUA_TSTRING) {
    std::size_t size = 0;
    const char* text = lua_tolstring(state, -1, &size);
    error_.assign(text, std::min<std::size_t>(size, 1000));
  } else if (spent) {
    error_ = "the call took longer than its budget of CPU time";
  } else {
    error_ = std::string("the error is no text but a ") + lua_typename(state, type);
  }
  // Lua knows no place for some of its own, such as memory that is short.
  if (!error_.starts_with(name_ + ":")) error_ = name_ + ": " + error_;
  if (memory && !spent)
    error_ += " (the script may hold " + std::to_string(heap_.limit()) + " bytes, one text " +
              std::to_string(heap_.largest_block()) + ")";
  return false;
}

bool Runner::push_argument(Argument argument, const Subject& subject) noexcept {
  if (argument != Argument::text) {
    lua_pushvalue(state_, static_cast<int>(argument));
    return true;
  }
  const std::size_t refused = heap_.refused();
  lua_pushcfunction(state_, &push_text_argument);
  lua_pushlightuserdata(state_, const_cast<std::string_view*>(&subject.text));
  const int status = lua_pcall(state_, 1, 1, 0);
  return status == LUA_OK || fail(state_, status, false, refused);
}

/// Of the answer at `at` of a stack. The status of reading it.
int Runner::take_answer(lua_State* state, int at, Reader& reader) noexcept {
  if (reader.take(state, at)) return LUA_OK;
  lua_pushcfunction(state, &read_answer);
  lua_pushvalue(state, at);
  lua_pushvalue(state, at + 1);
  lua_pushlightuserdata(state, &reader);
  const int status = lua_pcall(state, 3, 0, 0);
  if (status != LUA_OK) failure_ = Failure::result;
  return status;
}

/// Calls what lies on the stack with its arguments.
bool Runner::run(int arguments, Reader& reader) noexcept {
  const std::size_t refused = heap_.refused();
  bool spent = false;
  int status = LUA_OK;
  {
    const Budget::Scope scope(budget_, state_, budget_.time());
    status = lua_pcall(state_, arguments, 2, 0);
    spent = budget_.spent();
    if (status == LUA_OK && !spent) {
      status = take_answer(state_, kAnswer, reader);
      spent = budget_.spent();
    }
  }
  if (status == LUA_OK && !spent) return true;
  const bool result = failure_ == Failure::result;
  fail(state_, status, spent, refused);
  if (result && failure_ == Failure::error) failure_ = Failure::result;
  return false;
}

/// The function and its arguments; answers how many of those, or -1 where it failed.
int Runner::push_call(Hook hook, const Subject& subject) noexcept {
  lua_settop(state_, kViews);
  lua_rawgeti(state_, LUA_REGISTRYINDEX, hooks_[static_cast<std::size_t>(hook)]);
  int arguments = 0;
  for (const Argument argument : facts(hook).arguments) {
    if (argument == Argument::none) break;
    if (!push_argument(argument, subject)) return -1;
    ++arguments;
  }
  return arguments;
}

bool Runner::call(Hook hook, const Subject& subject, Reader& reader) noexcept {
  const InCall call(*this, subject, facts(hook).name, state_);
  const int arguments = push_call(hook, subject);
  return arguments >= 0 && run(arguments, reader);
}

bool Runner::call(const Bound& bound, std::string_view name, const Subject& subject, Reader& reader) noexcept {
  const InCall call(*this, subject, name, state_);
  lua_settop(state_, kViews);
  lua_rawgeti(state_, LUA_REGISTRYINDEX, bound.function);
  lua_pushvalue(state_, static_cast<int>(Argument::event));
  lua_rawgeti(state_, LUA_REGISTRYINDEX, bound.arguments);
  return run(2, reader);
}

bool Runner::bind(const char* function, std::string_view arguments, Bound& bound) noexcept {
  failure_ = Failure::none;
  lua_settop(state_, kViews);
  const std::size_t refused = heap_.refused();
  lua_pushcfunction(state_, &bind_function);
  lua_pushlightuserdata(state_, const_cast<char*>(function));
  lua_pushlightuserdata(state_, &arguments);
  lua_pushlightuserdata(state_, &bound);
  const int status = lua_pcall(state_, 3, 0, 0);
  return status == LUA_OK || fail(state_, status, false, refused);
}

void Runner::release(const Bound& bound) noexcept {
  if (bound.function == 0) return;
  luaL_unref(state_, LUA_REGISTRYINDEX, bound.function);
  luaL_unref(state_, LUA_REGISTRYINDEX, bound.arguments);
}

void Runner::call_unprotected(Hook hook, const Subject& subject, Reader& reader) {
  const InCall call(*this, subject, facts(hook).name, state_);
  lua_call(state_, push_call(hook, subject), 2);
  reader.take(state_, kAnswer);
}

}  // namespace lua

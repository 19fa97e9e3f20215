#include "task.hpp"

#include "call.hpp"

namespace lua {
namespace {

/// Answers nothing. At 1 where the coroutine goes, at 2 where its reference does, at 3 the hook's reference.
int make_coroutine(lua_State* state) {
  auto** coroutine = static_cast<lua_State**>(lua_touserdata(state, 1));
  auto* reference = static_cast<int*>(lua_touserdata(state, 2));
  const auto hook = static_cast<int>(lua_tointeger(state, 3));
  *coroutine = lua_newthread(state);
  lua_rawgeti(state, LUA_REGISTRYINDEX, hook);
  lua_xmove(state, *coroutine, 1);
  *reference = luaL_ref(state, LUA_REGISTRYINDEX);
  return 0;
}

}  // namespace

Task::~Task() {
  if (reference_ != 0) luaL_unref(runner_.state_, LUA_REGISTRYINDEX, reference_);
}

Task::State Task::start(Hook hook) noexcept {
  called_ = facts(hook).name;
  lua_State* state = runner_.state_;
  lua_settop(state, kViews);
  const std::size_t refused = runner_.heap_.refused();
  lua_pushcfunction(state, &make_coroutine);
  lua_pushlightuserdata(state, &coroutine_);
  lua_pushlightuserdata(state, &reference_);
  lua_pushinteger(state, runner_.hooks_[static_cast<std::size_t>(hook)]);
  const int status = lua_pcall(state, 3, 0, 0);
  if (status != LUA_OK) {
    runner_.fail(state, status, false, refused);
    return State::failed;
  }
  lua_pushvalue(state, static_cast<int>(facts(hook).arguments.front()));
  lua_xmove(state, coroutine_, 1);
  return go_on(1);
}

Task::State Task::resume(HttpAnswer answer) noexcept {
  answer_ = std::move(answer);
  return go_on(0);
}

Task::State Task::go_on(int arguments) noexcept {
  const Runner::InCall call(runner_, subject_, called_, coroutine_);
  std::swap(runner_.publications_left_, publications_left_);
  runner_.task_ = this;
  waits_ = false;
  const std::size_t refused = runner_.heap_.refused();
  bool spent = false;
  int status = LUA_OK;
  const auto begin = Budget::cpu_time();
  {
    const Budget::Scope scope(runner_.budget_, coroutine_, runner_.budget_.time() - used_);
    int results = 0;
    status = lua_resume(coroutine_, runner_.state_, arguments, &results);
    spent = runner_.budget_.spent();
    if (status == LUA_OK && !spent) {
      lua_settop(coroutine_, 2);
      status = runner_.take_answer(coroutine_, 1, reader_);
      spent = runner_.budget_.spent();
    }
  }
  used_ += Budget::cpu_time() - begin;
  runner_.task_ = nullptr;
  std::swap(runner_.publications_left_, publications_left_);
  return ended(status, spent, refused);
}

Task::State Task::ended(int status, bool spent, std::size_t refused) noexcept {
  if (status == LUA_OK && !spent) return State::done;
  if (status == LUA_YIELD && !spent && waits_) {
    if (used_ < runner_.budget_.time()) return State::waiting;
    spent = true;  // by many parts, none of which took long
  }
  const bool result = runner_.failure_ == Failure::result;
  if (status == LUA_YIELD) {
    lua_settop(coroutine_, 0);
    runner_.fail(coroutine_, LUA_OK, spent, refused);
    if (!spent) runner_.error_ = runner_.name_ + ": " + std::string(called_) + " yields, and nobody resumes it";
    return State::failed;
  }
  runner_.fail(coroutine_, status, spent, refused);
  if (result && runner_.failure_ == Failure::error) runner_.failure_ = Failure::result;
  return State::failed;
}

}  // namespace lua

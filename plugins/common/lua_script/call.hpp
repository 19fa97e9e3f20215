// What Runner and Task share: the begin and the end of a call.
#pragma once

#include "profile.hpp"
#include "runner.hpp"

namespace lua {

/// At the bottom of a state's stack, from the end of the main part on, lie the views in the order of Argument.
inline constexpr int kViews = static_cast<int>(Argument::credentials);

class Runner::InCall {
 public:
  /// thread: the state, or the coroutine of a task.
  InCall(Runner& runner, const Subject& subject, std::string_view called, lua_State* thread) noexcept
      : runner_(runner), thread_(thread) {
    runner.failure_ = Failure::none;
    runner.subject_ = &subject;
    runner.called_ = called;
    runner.publications_left_ = kMostPublications;
    runner.event_.begin();
    if (runner.profile_ != nullptr) runner.profile_->begin(thread, &Runner::on_hook);
  }
  ~InCall() {
    if (runner_.profile_ != nullptr) runner_.profile_->end(thread_);
    runner_.heap_.ending(false);
    runner_.subject_ = nullptr;
  }
  InCall(const InCall&) = delete;
  InCall& operator=(const InCall&) = delete;

 private:
  Runner& runner_;
  lua_State* thread_;
};

}  // namespace lua

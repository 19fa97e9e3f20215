// A call of a script that may wait for answers from elsewhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <lua.hpp>
#include <string>
#include <utility>
#include <vector>

#include "runner.hpp"

namespace lua {

/// What a script asks of an HTTP server.
struct HttpRequest {
  std::string method;
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::chrono::milliseconds timeout{0};  // 0: as the plugin says
};

struct HttpAnswer {
  std::string error;  // why there is none; empty: there is
  std::uint32_t status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// One call of a hook in a coroutine of its own. The budget is that of all its parts together; time in which it waits
/// costs nothing. It belongs to the runner's shard and must not outlive it; destroyed while it waits, the script is not
/// told.
class Task {
 public:
  enum class State : std::uint8_t { done, waiting, failed };

  /// subject and reader have to live as long as the task.
  Task(Runner& runner, const Subject& subject, Reader& reader) noexcept
      : runner_(runner), subject_(subject), reader_(reader) {}
  ~Task();
  Task(const Task&) = delete;
  Task& operator=(const Task&) = delete;

  /// What went wrong is said by the runner until its next call.
  State start(Hook hook) noexcept;
  /// Of one that waits.
  State resume(HttpAnswer answer) noexcept;
  /// What it waits for.
  const HttpRequest& request() const noexcept { return request_; }

  // --- for the functions scripts call

  lua_State* coroutine() const noexcept { return coroutine_; }
  void wait_for(HttpRequest request) noexcept {
    request_ = std::move(request);
    waits_ = true;
  }
  const HttpAnswer& answer() const noexcept { return answer_; }

 private:
  State go_on(int arguments) noexcept;
  State ended(int status, bool spent, std::size_t refused) noexcept;

  Runner& runner_;
  const Subject& subject_;
  Reader& reader_;
  std::string_view called_;
  lua_State* coroutine_ = nullptr;
  int reference_ = 0;
  bool waits_ = false;
  int publications_left_ = kMostPublications;
  std::chrono::nanoseconds used_{0};
  HttpRequest request_;
  HttpAnswer answer_;
};

}  // namespace lua

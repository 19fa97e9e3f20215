// The questions of one shard: those that wait for HTTP servers, and what comes back.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <trellis/authenticator.hpp>
#include <unordered_map>

#include "common/http/client.hpp"
#include "common/lua_script/answers.hpp"
#include "common/lua_script/script_host.hpp"
#include "common/lua_script/task.hpp"
#include "credentials.hpp"

namespace lua {

class AuthenticatorLua;

struct CallSettings {
  std::set<std::string, std::less<>> hosts;  // "name" or "name:port"
  bool plain_http = false;
  bool deny_on_error = true;
  std::chrono::milliseconds timeout{5000};
  std::size_t pending = 0;
  std::size_t connections = 0;
  std::size_t answer_bytes = 0;
  std::string layer;
};

/// Bounded in number and time; each question is asked once. Everything happens on the shard.
class Calls {
 public:
  /// Most requests of one question.
  static constexpr int kMostRequests = 8;

  Calls(AuthenticatorLua& owner, const trellis::Shard& shard);
  ~Calls();
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;

  void ask(const trellis::AuthRequest& request, trellis::AuthReply reply);
  /// The client of that question went away.
  void abandon(trellis_token token);

 private:
  struct Question {
    Question(const trellis::AuthRequest& asked, trellis::AuthReply answer, ShardScript& from);

    OwnedCredentials credentials;
    Subject subject;
    GrantReader reader;
    std::shared_ptr<const LoadedScript> script;  // the version that was asked, also once there is another one
    Runner& runner;
    Task task;
    trellis::AuthReply reply;
    trellis_token token;
    std::chrono::milliseconds deadline_at;
    std::uint64_t request = 0;  // of the HTTP client
    int requests = 0;
    trellis::Timer deadline;
  };

  void go_on(std::unique_ptr<Question> question, Task::State state);
  std::string refusal(const Question& question, trellis::http::Url& url) const;
  void send(Question& question, trellis::http::Url url);
  void wait(std::unique_ptr<Question> question);
  std::unique_ptr<Question> take(trellis_token token);
  void on_answer(trellis_token token, trellis::http::ClientResult result);
  void answer(Question& question);
  void allow(Question& question);
  void fail(Question& question);

  AuthenticatorLua& owner_;
  const trellis::Shard& shard_;
  std::shared_ptr<ShardScript> script_;
  trellis::http::Client client_;
  std::unordered_map<trellis_token, std::unique_ptr<Question>> waiting_;
};

}  // namespace lua

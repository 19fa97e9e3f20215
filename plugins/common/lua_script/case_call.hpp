// One call of a script as cases and records write it, and what came of it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/json.hpp>
#include <trellis/result.hpp>
#include <utility>
#include <vector>

#include "local_services.hpp"
#include "owned_message.hpp"
#include "runner.hpp"
#include "task.hpp"

namespace lua {

/// What a call came to, in the words of cases: "pass", "drop" with a reason, "allow", "deny", "defer", "error", "done",
/// "true", "false", "limits", or messages.
struct Actual {
  std::string word;
  std::string text;                     // the reason, the error, the name of who is allowed
  std::vector<OwnedMessage> messages;   // that go on
  std::string json;                     // limits; attributes of who is allowed
  std::vector<OwnedMessage> published;  // by publish{}

  std::string describe() const;
};

class CaseCall {
 public:
  /// Of an object of JSON with the keys `at`, `hook`, `function`, `arguments`, `message`, `client`, `credentials`,
  /// `filter`, `topic`, `timer`, `http` and `resources`. Others are not looked at.
  static trellis::Result<CaseCall> read(const trellis::json::Value& value);
  /// Names of the keys it has, for whoever refuses others.
  static bool is_key(std::string_view key) noexcept;

  /// Seconds since the first, in milliseconds; nothing: as the one before.
  std::optional<std::chrono::milliseconds> at() const noexcept { return at_; }
  /// What it is about, in a few words: a topic, a client.
  std::string about() const;
  /// Fails where the script has no such function.
  trellis::Result<Actual> run(Runner& runner, LocalServices& services) const;

 private:
  std::string read_client(const trellis::json::Value& value);
  std::string read_http(const trellis::json::Value& value);
  std::string read_key(const std::string& key, const trellis::json::Value& value);
  std::optional<Hook> choose_hook(const Runner& runner) const;
  std::string choose_function(const Runner& runner) const;
  Actual run_hook(Hook hook, const std::string& function, Runner& runner, LocalServices& services) const;
  Actual run_function(const std::string& function, Runner& runner, const Subject& subject) const;
  Actual run_task(Runner& runner, const Subject& subject) const;

  std::optional<std::chrono::milliseconds> at_;
  std::optional<std::string> hook_;
  std::string function_;
  std::string arguments_ = "null";
  std::optional<OwnedMessage> message_;
  bool has_client_ = false;
  std::string client_id_ = "client";
  std::string client_name_;
  std::string authenticator_ = "authenticator";
  std::string name_space_ = "default";
  std::vector<std::pair<std::string, std::string>> attributes_;  // values are JSON
  std::optional<std::vector<std::pair<std::string, std::string>>> credentials_;
  std::optional<std::string> filter_;
  std::optional<std::string> topic_;
  std::optional<std::string> timer_;
  std::vector<HttpAnswer> http_;
  std::map<std::string, std::string> resources_;
};

}  // namespace lua

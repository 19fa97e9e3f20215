// The plugin: a script in Lua says who a client is.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <trellis/authenticator.hpp>
#include <unordered_map>

#include "calls.hpp"
#include "common/http/client.hpp"
#include "common/lua_script/script_host.hpp"

namespace lua {

/// Each shard asks its own state of the script, whose calls may wait for HTTP servers side by side.
class AuthenticatorLua final : public trellis::Authenticator {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authenticator-lua",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Asks a script in Lua, which may ask HTTP servers, whether a client may connect, and who it is.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_IDENTITY, TRELLIS_HOST_DIAL},
      .capabilities = TRELLIS_CAPABILITY_FILES_READ};

  struct ShardState {
    ShardState(AuthenticatorLua& plugin, trellis::Shard& shard);
    std::unique_ptr<Calls> calls;
  };

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void drain(std::chrono::milliseconds deadline) override;
  void stop() override;

  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override;
  void on_abandoned(trellis_token token) noexcept override;

  // For calls.

  /// What became of a question.
  enum class Decision { allow, deny, defer, error, timeout, overloaded, abandoned };
  static constexpr std::size_t kDecisions = 7;

  const CallSettings& settings() const noexcept { return settings_; }
  const trellis::Metric& decided(Decision decision) const noexcept {
    return decisions_[static_cast<std::size_t>(decision)];
  }
  const trellis::Metric& waiting() const noexcept { return waiting_; }
  const trellis::http::ClientMetrics& http() const noexcept { return http_; }
  ScriptHost& script() noexcept { return script_; }
  /// The question is answered by these calls, from when it is entered until it leaves.
  void enter(trellis_token token, Calls& calls);
  void leave(trellis_token token);

 private:
  ScriptHost script_;
  CallSettings settings_;
  trellis::Metric decisions_[kDecisions];
  trellis::Metric waiting_;
  trellis::http::ClientMetrics http_;

  std::mutex mutex_;
  std::unordered_map<trellis_token, Calls*> entered_;  // guarded by mutex_
};

}  // namespace lua

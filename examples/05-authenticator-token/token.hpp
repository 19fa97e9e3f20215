// An authenticator that knows clients by a token in the password.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <trellis/authenticator.hpp>

/// Allows whoever shows the token of the user name. A wrong token is denied only after a while, so that guessing is
/// slow; meanwhile the reply waits with a timer in the state of its shard.
class Token final : public trellis::Authenticator {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authenticator-token",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Allows clients whose password is the token of their user name.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_IDENTITY, TRELLIS_HOST_LOOP},
  };

  struct Waiting {
    trellis::AuthReply reply;
    trellis::Timer timer;
  };
  struct ShardState {
    // By the question's token, never by client id: a client may be gone, and its successor may have the same one.
    std::map<trellis_token, Waiting> waiting;
  };

  static trellis::Schema schema();
  trellis::Result<void> configure(const trellis::Config& config) override;
  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override;

 private:
  std::map<std::string, std::string, std::less<>> tokens_;  // by user name; written in configure only
  std::chrono::milliseconds penalty_{};
};

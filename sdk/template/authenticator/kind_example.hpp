// An authenticator: it says who a client is, or that it is not one of its own.
#pragma once

#include <map>
#include <string>
#include <trellis/authenticator.hpp>

/// Allows whoever shows the password of the user name.
class KindExample final : public trellis::Authenticator {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "kind-example",
      .version = "0.1.0",
      .vendor = "Your name",
      .summary = "Allows clients by user name and password.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_IDENTITY},
  };

  /// The settings and, with their help texts, the plugin's manual.
  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override;

 private:
  // By user name. Written before the plugin runs and only read afterwards, so that all shards may share it without a
  // lock.
  std::map<std::string, std::string, std::less<>> passwords_;
};

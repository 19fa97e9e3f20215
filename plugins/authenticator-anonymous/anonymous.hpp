// Allows clients that show no credentials, from this machine unless told otherwise.
#pragma once

#include <trellis/authenticator.hpp>

/// Meant for trying out and for closed networks: whoever reaches the listener is let in, without a name.
class AnonymousAuthenticator final : public trellis::Authenticator {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authenticator-anonymous",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Allows clients without user name and password, from this machine unless told otherwise.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_IDENTITY}};

  static trellis::Schema schema() {
    return trellis::Schema{}
        .boolean("remote", {.help = "Allow clients from other machines too. Everybody who reaches the listener is "
                                    "let in then.",
                            .fallback = false})
        .boolean("any_credentials", {.help = "Allow clients that show credentials too, unchecked; they stay anonymous. "
                                             "Otherwise the next authenticator is asked about them.",
                                     .fallback = false})
        .example(R"({"remote": true})");
  }

  trellis::Result<void> configure(const trellis::Config& config) override {
    remote_ = config.boolean("remote");
    any_credentials_ = config.boolean("any_credentials");
    return trellis::ok();
  }

  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override {
    // An exchange by steps cannot be let in unchecked: the client waits for its end.
    if (request.has_method()) return reply.defer();
    if (!any_credentials_ && (request.has_username() || request.has_password())) return reply.defer();
    if (!remote_ && !request.loopback()) {
      if (!request.certificates.empty()) return reply.defer();  // not anonymous to whoever reads certificates
      return reply.deny(
          "anonymous clients are allowed from this machine only; "
          "\"remote\": true of authenticator-anonymous lets others in");
    }
    reply.allow();
  }

 private:
  bool remote_ = false;           // written in configure, read-only afterwards
  bool any_credentials_ = false;  // the same
};

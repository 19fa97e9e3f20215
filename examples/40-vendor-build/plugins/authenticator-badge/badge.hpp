// An authenticator for machines that show the number of their badge and its code.
#pragma once

#include <map>
#include <string>
#include <trellis/authenticator.hpp>

/// Takes as long for a nearly right code as for a wrong one.
inline bool same(std::string_view shown, std::string_view expected) noexcept {
  unsigned difference = shown.size() == expected.size() ? 0 : 1;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char other = expected.empty() ? '\0' : expected[i % expected.size()];
    difference |= static_cast<unsigned char>(shown[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

/// The user name is the badge's number, the password its code.
class Badge final : public trellis::Authenticator {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "authenticator-badge",
      .version = "1.0.0",
      .vendor = "Greenhouse Controls",
      .summary = "Allows machines that show a badge they were given.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_IDENTITY},
  };

  static trellis::Schema schema() {
    return trellis::Schema{}
        .list("badges",
              trellis::Schema{}
                  .text("number", {.help = "On its front.", .required = true, .minimum_length = 1})
                  .secret("code", {.help = "On its back.", .required = true}),
              {.help = "Those that are valid.", .fallback = "[]"})
        .example(R"({"badges": [{"number": "4711", "code": "${file:4711.code}"}]})");
  }

  trellis::Result<void> configure(const trellis::Config& config) override {
    for (const trellis::Config& badge : config.list("badges")) {
      const std::string number = badge.text("number");
      if (!codes_.emplace(number, badge.text("code")).second) {
        return trellis::fail(badge.path() + "/number: \"" + number + "\" is there twice");
      }
    }
    return trellis::ok();
  }

  void authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) override {
    if (!request.has_password()) return reply.defer();  // a certificate may do
    const auto known = codes_.find(request.username);
    // Unknown numbers take the same way, so that they cannot be told from wrong codes.
    const std::string_view expected = known == codes_.end() ? std::string_view() : std::string_view(known->second);
    if (!same(request.password, expected) || expected.empty()) return reply.bad_credentials("wrong badge");
    reply.allow({.name = request.username});
  }

 private:
  std::map<std::string, std::string, std::less<>> codes_;  // by number; written in configure only
};

#include "kind_example.hpp"

#include <string_view>

namespace {

/// Takes as long for a nearly right password as for a wrong one.
bool same(std::string_view shown, std::string_view expected) noexcept {
  unsigned difference = shown.size() == expected.size() ? 0 : 1;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const char other = expected.empty() ? '\0' : expected[i % expected.size()];
    difference |= static_cast<unsigned char>(shown[i]) ^ static_cast<unsigned char>(other);
  }
  return difference == 0;
}

}  // namespace

trellis::Schema KindExample::schema() {
  return trellis::Schema{}
      .list("clients",
            trellis::Schema{}
                .text("name", {.help = "The user name.", .required = true, .minimum_length = 1})
                .secret("password", {.help = "Its password.", .required = true}),
            {.help = "Who may connect.", .fallback = "[]"})
      .example(R"({"clients": [{"name": "boiler", "password": "${env:BOILER_PASSWORD}"}]})");
}

trellis::Result<void> KindExample::configure(const trellis::Config& config) {
  for (const trellis::Config& client : config.list("clients")) {
    const std::string name = client.text("name");
    const std::string password = client.text("password");
    if (password.empty()) return trellis::fail(client.path() + "/password: is empty, so that nobody could show it");
    if (!passwords_.emplace(name, password).second) {
      return trellis::fail(client.path() + "/name: \"" + name + "\" is there twice");
    }
  }
  return trellis::ok();
}

// An answer may also come later, from any thread: move the reply away, and answer once.
void KindExample::authenticate(const trellis::AuthRequest& request, trellis::AuthReply reply) {
  if (!request.has_password()) return reply.defer();  // the next authenticator is asked
  const auto known = passwords_.find(request.username);
  // Unknown names take the same way, so that they cannot be told from wrong passwords.
  const std::string_view expected = known == passwords_.end() ? std::string_view() : std::string_view(known->second);
  if (same(request.password, expected) && !expected.empty()) return reply.allow({.name = request.username});
  reply.bad_credentials("unknown user name or wrong password");
}

TRELLIS_PLUGIN(KindExample)

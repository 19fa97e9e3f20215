// What every authenticator promises.
#include <trellis/testing/contract/authenticator.hpp>

#include "../anonymous.hpp"

namespace {

using trellis::testing::Client;

struct AnonymousSamples : trellis::testing::AuthenticatorSamples {
  using Plugin = AnonymousAuthenticator;
  static std::vector<std::string> wrong_settings() { return {R"({"remote": "yes"})"}; }
  static std::vector<Client> allowed() { return {{.client_id = "a", .flags = TRELLIS_CREDENTIALS_LOOPBACK}}; }
  static std::vector<Client> denied() {
    return {{.client_id = "a"}, {.username = "ada", .flags = TRELLIS_CREDENTIALS_LOOPBACK}};
  }
};
TRELLIS_CONTRACT_SUITE(Authenticator, AnonymousSamples);

}  // namespace

// What every authenticator promises.
#include <trellis/testing/contract/authenticator.hpp>
#include <trellis/testing/contract/files.hpp>

#include "password.hpp"

namespace {

using trellis::testing::Client;

// The password is "secret"; cheap to check.
constexpr std::string_view kUsers =
    "ada:$6$DvCfhLgj+bwZlA0S$E0ytQRxbPVzhHBQBYx19blc7Pnq+K/68IsyhzdOVDmKJCUHtGiPA/"
    "VSKtG7I0xlucjztaR7dZgYxqCJfo+fs4w==\n";

struct PasswordSamples : trellis::testing::AuthenticatorSamples {
  using Plugin = password::PasswordAuthenticator;
  static std::string settings() { return R"({"file": ")" + files().put("users", kUsers) + "\"}"; }
  static std::vector<std::string> wrong_settings() {
    return {"{}", R"({"file": "/no/such/file"})", R"({"file": ")" + files().put("broken", "ada\n") + "\"}"};
  }
  static std::vector<Client> allowed() { return {{.client_id = "c1", .username = "ada", .password = "secret"}}; }
  static std::vector<Client> denied() {
    return {{.client_id = "c1", .username = "ada", .password = "guess"},
            {.client_id = "c1", .username = "eve", .password = "secret"},
            {.client_id = "c1", .username = "ada"}};
  }

 private:
  static const trellis::testing::SampleFiles& files() {
    static const trellis::testing::SampleFiles kFiles("authenticator-password");
    return kFiles;
  }
};
TRELLIS_CONTRACT_SUITE(Authenticator, PasswordSamples);

}  // namespace

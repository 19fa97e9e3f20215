// What every authenticator promises, by exchanges of two steps.
#include <trellis/testing/contract/authenticator.hpp>
#include <trellis/testing/contract/files.hpp>

#include "scram.hpp"
#include "scram_client.hpp"

namespace {

using scram::testing::ScramClient;
using trellis::testing::Client;

struct ScramSamples : trellis::testing::AuthenticatorSamples {
  using Plugin = scram::ScramAuthenticator;
  static std::string settings() {
    static const std::string kUsers =
        "ada:" + format_stored_key(*scram::make_stored_key("secret", "0123456789abcdef", 4096)) + "\n";
    return R"({"file": ")" + files().put("users", kUsers) + "\"}";
  }
  static std::vector<std::string> wrong_settings() {
    return {"{}", R"({"file": "/no/such/file"})", R"({"file": ")" + files().put("broken", "ada\n") + "\"}"};
  }
  // The client id tells respond() who it is, and its password.
  static std::vector<Client> allowed() { return {of("ada", "secret")}; }
  static std::vector<Client> denied() {
    return {of("ada", "guess"), of("eve", "secret"), {.username = "ada", .password = "secret"}};
  }
  static std::string respond(const Client& client, const std::string& challenge) {
    return side(client.client_id).final(challenge);
  }

 private:
  static ScramClient side(const std::string& id) {
    const std::size_t middle = id.find('/');
    return ScramClient(id.substr(0, middle), id.substr(middle + 1));
  }
  static Client of(const std::string& user, const std::string& password) {
    const std::string id = user + "/" + password;
    return {.client_id = id, .method = "SCRAM-SHA-256", .data = side(id).first()};
  }
  static const trellis::testing::SampleFiles& files() {
    static const trellis::testing::SampleFiles kFiles("authenticator-scram");
    return kFiles;
  }
};
TRELLIS_CONTRACT_SUITE(Authenticator, ScramSamples);

}  // namespace

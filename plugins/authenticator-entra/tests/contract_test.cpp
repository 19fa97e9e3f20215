// What every authenticator promises, with an issuer whose keys come when they are asked for.
#include <trellis/testing/contract/authenticator.hpp>

#include "common/jose/testing/signer.hpp"
#include "entra.hpp"

namespace {

using trellis::testing::Client;

struct EntraSamples : trellis::testing::AuthenticatorSamples {
  using Plugin = entra::Entra;
  static std::vector<std::string> wrong_settings() {
    return {R"({"keys_stale_for": "1m", "keys_refresh_interval": "1h"})", R"({"token": "long"})"};
  }
  static void prepare(trellis::testing::TestHost& host) {
    EXPECT_EQ(host.put_resource("namespaces", "default", R"({"topicSpacesConfiguration": {"clientAuthentication": {
        "entraAuthentication": {"issuer": "https://login.example.com/plant"}}}})"),
              "");
  }
  static void dialled(trellis::testing::TestHost& host) {
    const bool about_keys = host.dials().front().host == "keys.example.com";
    const std::string body =
        about_keys ? signer().jwks("k1")
                   : R"({"issuer": "https://login.example.com/plant", "jwks_uri": "https://keys.example.com/"})";
    host.answer_dial().send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  static std::vector<Client> allowed() {
    return {of(token("9999999999")), of(token("9999999999", R"(,"hall":"north")"))};
  }
  static std::vector<Client> denied() {
    return {of(token("1")), of("no.token.it"), of(token("9999999999") + "x"), {.username = "0b1c", .password = "x"}};
  }

 private:
  static const jose::testing::Signer& signer() {
    static const jose::testing::Signer kSigner(jose::Algorithm::es256);
    return kSigner;
  }
  static std::string token(const std::string& expiry, const std::string& claims = {}) {
    return signer().token(R"({"iss":"https://login.example.com/plant","aud":"https://eventgrid.azure.net",)"
                          R"("oid":"0b1c","azp":"a1","exp":)" +
                              expiry + claims + "}",
                          "k1");
  }
  static Client of(const std::string& token) { return {.client_id = "c1", .method = "OAUTH2-JWT", .data = token}; }
};
TRELLIS_CONTRACT_SUITE(Authenticator, EntraSamples);

}  // namespace

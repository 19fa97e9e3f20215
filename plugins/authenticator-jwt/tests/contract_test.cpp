// What every authenticator promises: with a certificate of the issuer at hand, and with keys that have to be fetched.
#include <trellis/testing/contract/authenticator.hpp>

#include "fixture.hpp"

namespace jwt::testing {
namespace {

using trellis::testing::Client;

struct JwtSamples : trellis::testing::AuthenticatorSamples {
  using Plugin = JwtAuthenticator;
  static std::vector<std::string> wrong_settings() {
    return {R"({"keys_stale_for": "1m", "keys_refresh_interval": "1h"})", R"({"issuer": "x"})"};
  }
  static void prepare(trellis::testing::TestHost& host) {
    trust(host, R"("encodedIssuerCertificates":[{"kid":"k1","encodedCertificate":)" +
                    trellis::json::quote(issuer().certificate()) + "}]");
  }
  static std::vector<Client> allowed() { return {of(token("9999999999"))}; }
  static std::vector<Client> denied() {
    return {of(token("1")), of("no.token.it"), of(token("9999999999") + "x"), {.username = "ada", .password = "x"}};
  }

 protected:
  static void trust(trellis::testing::TestHost& host, const std::string& keys) {
    EXPECT_EQ(host.put_resource("namespaces", "default",
                                R"({"topicSpacesConfiguration":{"clientAuthentication":{"customJwtAuthentication":)"
                                R"({"tokenIssuer":"my-issuer","audiences":["broker.example"],)" +
                                    keys + "}}}}"),
              "");
  }

 private:
  static std::string token(const std::string& expiry) {
    return issuer().token(R"({"iss":"my-issuer","sub":"ada","aud":"broker.example","nbf":0,"exp":)" + expiry + "}",
                          "k1");
  }
  static Client of(const std::string& token) { return {.client_id = "c1", .method = "CUSTOM-JWT", .data = token}; }
};
TRELLIS_CONTRACT_SUITE(Authenticator, JwtSamples);

struct JwtFetchingSamples : JwtSamples {
  static void prepare(trellis::testing::TestHost& host) { trust(host, R"("jwksUri":"https://issuer/keys")"); }
  static void dialled(trellis::testing::TestHost& host) {
    const std::string body = issuer().jwks("k1");
    host.answer_dial().send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  }
};
TRELLIS_CONTRACT_SUITE(Authenticator, JwtFetchingSamples);

}  // namespace
}  // namespace jwt::testing

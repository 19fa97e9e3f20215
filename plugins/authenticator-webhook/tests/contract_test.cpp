// What every authenticator promises, with an endpoint that knows one password.
#include <trellis/testing/contract/authenticator.hpp>

#include "fixture.hpp"

namespace webhook::testing {
namespace {

struct WebhookSamples : trellis::testing::AuthenticatorSamples {
  using Plugin = WebhookAuthenticator;
  static std::string settings() { return R"({"http2": false, "remembered_answers": 0})"; }
  static std::vector<std::string> wrong_settings() {
    return {R"({"timeout": "soon"})",
            R"({"bearer_token": "t", "oauth": {"token_url": "https://a", "client_id": "c", "client_secret": "s"}})",
            R"({"oauth": {"token_url": "http://login.example.com", "client_id": "c", "client_secret": "s"}})"};
  }
  static void prepare(TestHost& host) {
    EXPECT_EQ(host.put_resource("namespaces", "default", R"({"topicSpacesConfiguration": {"clientAuthentication": {
        "webhookAuthentication": {"endpointUrl": "https://auth.example.com/judge"}}}})"),
              "");
  }
  static void dialled(TestHost& host) {
    auto endpoint = host.answer_dial();
    const bool right = Asked::of(endpoint.received()).text("password") == "c2VjcmV0";  // "secret" in base64
    endpoint.send(http(200, right ? kAllow : kDeny));
    if (endpoint.open()) endpoint.disconnect();  // so that the next client's question is dialled, and comes here
  }
  static std::vector<Client> allowed() {
    return {{.client_id = "c1", .username = "ada", .password = "secret"}, {.client_id = "c2", .password = "secret"}};
  }
  static std::vector<Client> denied() { return {{.client_id = "c1", .username = "ada", .password = "guess"}, {}}; }
};
TRELLIS_CONTRACT_SUITE(Authenticator, WebhookSamples);

}  // namespace
}  // namespace webhook::testing

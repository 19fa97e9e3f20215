// Settings that cannot work are refused with a sentence.
#include "fixture.hpp"

namespace webhook {
namespace {

using namespace webhook::testing;

std::string refusal(const std::string& settings) {
  TestHost host;
  return host.refusal<WebhookAuthenticator>(settings);
}

TEST(WebhookSettings, NeedNothing) { EXPECT_EQ(refusal("{}"), ""); }

TEST(WebhookSettings, HaveOneTokenForAnIdentity) {
  const std::string both =
      R"("bearer_token": "t", "oauth": {"token_url": "https://a", "client_id": "c", "client_secret": "s"})";
  EXPECT_EQ(refusal("{" + both + "}"), "/oauth: there is a bearer_token already; one of them");
  EXPECT_EQ(refusal(R"({"identities": {"e": {)" + both + "}}}"),
            "/identities/e/oauth: there is a bearer_token already; one of them");
}

TEST(WebhookSettings, SendNoSecretInClearText) {
  const auto with = [](const std::string& url, const std::string& more = {}) {
    return "{" + more + R"("oauth": {"token_url": ")" + url + R"(", "client_id": "c", "client_secret": "s"}})";
  };
  EXPECT_THAT(refusal(with("http://login.example.com")), HasSubstr("/oauth/token_url: found an http:// URL"));
  EXPECT_EQ(refusal(with("http://127.0.0.1:99/t")), "");
  EXPECT_EQ(refusal(with("http://login.example.com", "\"plain_http\": true, ")), "");
}

}  // namespace
}  // namespace webhook

// Which endpoints are taken.
#include "endpoint.hpp"

#include "fixture.hpp"

namespace webhook {
namespace {

using namespace webhook::testing;

class EndpointTest : public WebhookTest {
 protected:
  /// Why nobody can be asked with the settings loaded; empty where somebody is.
  std::string fault(const Driver& plugin) {
    const auto asked = plugin.connect({});
    if (asked.verdict() == AuthVerdict::pending) return "";
    EXPECT_EQ(asked.outcome().status, Status::unavailable);
    EXPECT_EQ(asked.outcome().reason, "the webhook cannot be asked");
    return host_.logs().back().field("error");
  }
};

TEST_F(EndpointTest, HasToBeHttps) {
  const auto plugin = load();
  for (const char* url : {"http://127.0.0.1:8080/judge", "http://127.9.9.9/", "http://[::1]:80/", "http://localhost/",
                          "https://10.0.0.1/"}) {
    ASSERT_EQ(put({}, url), "") << url;
    EXPECT_EQ(fault(plugin), "") << url;
  }
  for (const char* url :
       {"http://auth.example.com/", "http://localhost.example.com/", "http://10.0.0.1/", "http://128.0.0.1/"}) {
    ASSERT_EQ(put({}, url), "") << "another instance may allow it";
    EXPECT_THAT(fault(plugin),
                HasSubstr("clientAuthentication/webhookAuthentication/endpointUrl: found an http:// URL, "
                          "expected https://"))
        << url;
  }
}

TEST_F(EndpointTest, HasToBeAnAddress) {
  load();
  for (const char* url : {"ftp://a/", "a", "", "https://user:secret@a/", "https://"})
    EXPECT_NE(put({}, url), "") << url;
  EXPECT_THAT(put({}, "a"),
              HasSubstr("/topicSpacesConfiguration/clientAuthentication/webhookAuthentication/endpointUrl: "));
}

TEST_F(EndpointTest, MayBePlainWhereThatIsSaid) {
  const auto plugin = load(R"({"plain_http": true})");
  ASSERT_EQ(put({}, "http://auth.example.com/"), "");
  EXPECT_EQ(fault(plugin), "");
}

TEST_F(EndpointTest, IsNamedInOneSpellingOnly) {
  load();
  EXPECT_THAT(host_.put_resource("namespaces", "default",
                                 R"({"topicSpacesConfiguration": {"clientAuthentication": {
                                     "webhookAuthentication": {"endpointUrl": "https://a"},
                                     "webHookAuthentication": {"endpointUrl": "https://b"}}}})"),
              HasSubstr("there is webhookAuthentication already"));
}

TEST_F(EndpointTest, WordsTheTokenNeedsHaveToBeThere) {
  const auto plugin =
      load(R"({"oauth": {"token_url": "https://login.example.com/{tenant}/token", "client_id": "c", "client_secret":
               "s", "scope": "{application}/x"}})");
  const std::string tenant = R"(, "azureActiveDirectoryTenantId": ")";
  const std::string application = R"(, "azureActiveDirectoryApplicationIdOrUri": "a")";
  ASSERT_EQ(put(tenant + "t\""), "");
  EXPECT_THAT(fault(plugin), HasSubstr("/azureActiveDirectoryApplicationIdOrUri: the plugin's scope needs it"));
  for (const char* wrong : {"..", "a/b", "a?b", "a%2fb", ""}) {
    ASSERT_EQ(put(application + tenant + wrong + "\""), "");
    EXPECT_THAT(fault(plugin), HasSubstr("/azureActiveDirectoryTenantId: the plugin's token_url needs it")) << wrong;
  }
  ASSERT_EQ(put(application + tenant + "t.1\""), "");
  EXPECT_EQ(fault(plugin), "");
}

TEST_F(EndpointTest, EndpointBaseUrlIsTakenAndChangesNothing) {
  const auto plugin = load();
  for (const char* base : {"https://auth.example.com", "https://other.example.com/base"}) {
    ASSERT_EQ(put(R"(, "endpointBaseUrl": ")" + std::string(base) + "\""), "") << base;
    const auto asked = plugin.connect({});
    ASSERT_EQ(host_.dials().size(), 1u);
    EXPECT_EQ(host_.dials()[0].host, "auth.example.com") << "endpointUrl says it all";
    auto peer = server();
    EXPECT_TRUE(peer.received().starts_with("POST /judge?code=kept HTTP/1.1\r\n"));
    peer.send(http(200, kAllow));
    EXPECT_TRUE(asked.allowed());
    peer.disconnect();
  }
}

TEST_F(EndpointTest, NamesAnIdentityThePluginHas) {
  const auto plugin = load(R"({"identities": {"east": {"bearer_token": "t"}}})");
  ASSERT_EQ(put(R"(, "identity": {"userAssignedIdentity": "west"})"), "");
  EXPECT_THAT(fault(plugin),
              HasSubstr("/webhookAuthentication/identity/userAssignedIdentity: the plugin's settings have "
                        "no such entry in \"identities\""));
}

}  // namespace
}  // namespace webhook

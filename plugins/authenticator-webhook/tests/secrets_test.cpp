// Nothing secret is logged, whatever goes wrong, and however much is logged.
#include "fixture.hpp"

namespace webhook {
namespace {

using namespace webhook::testing;

class WebhookSecrets : public WebhookTest {
 protected:
  WebhookSecrets() : WebhookTest(TestHostOptions{.log_level = trellis::Level::trace}) {}

  /// One client with secrets of every kind, whom something goes wrong for.
  void ask(const std::function<void()>& then) {
    const auto asked = plugin_.connect({.client_id = "c1",
                                        .username = "ada",
                                        .password = "SECRET-5",
                                        .method = "M",
                                        .data = "SECRET-6",
                                        .certificates = {"SECRET-7"}});
    then();
    EXPECT_EQ(asked.verdict(), AuthVerdict::deny);
    host_.advance(1s);
  }
  void answered(const std::string& bytes) {
    ask([&] {
      auto peer = server();
      peer.send(bytes);
      if (peer.open()) peer.disconnect();
    });
  }

  Driver plugin_ = host_.load<WebhookAuthenticator>(
      R"({"failures": 3, "oauth": {"token_url": "https://login.example.com/token?key=SECRET-1", "client_id": "c",
          "client_secret": "SECRET-2"}, "identities": {"e": {"bearer_token": "SECRET-3"}}})");
};

TEST_F(WebhookSecrets, AreInNoLine) {
  const std::string url = "https://auth.example.com/SECRET-4?code=SECRET-4";
  ASSERT_EQ(put({}, url), "");
  answered(http(200, R"({"error": "SECRET-8"})"));
  answered(http(401, R"({"error": "SECRET-8"})"));
  ASSERT_EQ(put(R"(, "identity": {"userAssignedIdentity": "e"})", url), "");
  ask([&] { host_.fail_dial(TRELLIS_DIAL_CONNECT, "refused"); });
  answered(http(200, R"({"decision": "SECRET-9", "x": )"));
  answered(http(302, "", "Location: https://a/SECRET-9\r\n"));
  answered("HTTP/1.1 200 SECRET-9\r\nSECRET-9\r\n\r\n");
  ask([&] { host_.advance(5s); });
  std::string lines;
  for (const auto& line : host_.logs()) {
    lines += line.text;
    for (const auto& [name, value] : line.fields) lines += " " + name + "=" + value;
    lines += "\n";
  }
  EXPECT_THAT(lines, HasSubstr("auth.example.com")) << "the failures are logged";
  EXPECT_THAT(lines, HasSubstr("no token for a webhook"));
  EXPECT_THAT(lines, ::testing::Not(HasSubstr("SECRET")));
  EXPECT_THAT(lines, ::testing::Not(HasSubstr("U0VDUkVU"))) << "the same in base64";
}

}  // namespace
}  // namespace webhook

// What the endpoint is asked.
#include "question.hpp"

#include "fixture.hpp"

namespace webhook {
namespace {

using namespace webhook::testing;

class Question : public WebhookTest {
 protected:
  Asked asked(const Client& client) {
    const auto plugin = load();
    const auto waiting = plugin.connect(client);
    return Asked::of(server().received());
  }
};

TEST_F(Question, IsPostedToTheEndpointAsJson) {
  const auto plugin = load();
  const auto waiting = plugin.connect({.client_id = "c1"});
  ASSERT_EQ(host_.dials().size(), 1u);
  EXPECT_EQ(host_.dials()[0].host, "auth.example.com");
  EXPECT_EQ(host_.dials()[0].port, 443u);
  EXPECT_TRUE(host_.dials()[0].secure);
  EXPECT_EQ(host_.dials()[0].layer, "");
  const Asked question = Asked::of(server().received());
  EXPECT_THAT(question.head, ::testing::StartsWith("POST /judge?code=kept HTTP/1.1\r\nhost: auth.example.com\r\n"));
  EXPECT_THAT(question.head, HasSubstr("content-type: application/json\r\n"));
  EXPECT_THAT(question.head, HasSubstr("accept: application/json\r\n"));
  EXPECT_THAT(question.head, ::testing::Not(HasSubstr("authorization")));
  EXPECT_EQ(question.body, R"({"clientId":"c1"})") << "what is absent is left out";
}

TEST_F(Question, SaysAllThatTheClientShowed) {
  const Asked question = asked({.client_id = "c\"1",
                                .username = "ada",
                                .password = std::string("s\0cret", 6),
                                .method = "CUSTOM",
                                .data = "\xff\x01",
                                .certificates = {"leaf", "intermediate", std::string(100, 'r')}});
  EXPECT_EQ(question.text("clientId"), "c\"1");
  EXPECT_EQ(question.text("userName"), "ada");
  EXPECT_EQ(question.text("password"), "cwBjcmV0");
  EXPECT_EQ(question.text("authenticationMethod"), "CUSTOM");
  EXPECT_EQ(question.text("authenticationData"), "/wE=");
  EXPECT_EQ(question.text("clientCertificate"), to_pem("leaf"));
  EXPECT_EQ(question.text("clientCertificateChain"), to_pem("intermediate") + to_pem(std::string(100, 'r')));
  EXPECT_EQ(question.json.keys.size(), 7u);
}

TEST_F(Question, EmptyIsNotAbsent) {
  const Asked question =
      asked({.client_id = "", .username = "", .password = "", .method = "M", .certificates = {"leaf"}});
  EXPECT_EQ(question.text("userName"), "");
  EXPECT_EQ(question.text("password"), "");
  EXPECT_EQ(question.text("authenticationData"), "none");
  EXPECT_EQ(question.text("clientCertificateChain"), "none");
}

TEST(Pem, HasLinesOf64Characters) {
  const std::string begin = "-----BEGIN CERTIFICATE-----\n";
  const std::string end = "-----END CERTIFICATE-----\n";
  EXPECT_EQ(to_pem("leaf"), begin + "bGVhZg==\n" + end);
  EXPECT_EQ(to_pem(std::string(48, '\0')), begin + std::string(64, 'A') + "\n" + end);
  EXPECT_EQ(to_pem(std::string(51, '\0')), begin + std::string(64, 'A') + "\nAAAA\n" + end);
}

}  // namespace
}  // namespace webhook

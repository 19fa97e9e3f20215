// Blocks that cannot work are refused with a sentence.
#include <fstream>
#include <iterator>

#include "fixture.hpp"

namespace hooks {
namespace {

using namespace hooks::testing;

class Blocks : public HandlerTest {
 protected:
  std::string refusal(const std::string& more, const std::string& url = "https://hooks.example.org/in") {
    return plugin_.refusal(block(more, url));
  }
  const Driver plugin_ = load(R"({"timeout_max": "1m"})");
};

TEST_F(Blocks, NeedNothingButTheUrl) {
  EXPECT_EQ(plugin_.refusal(R"({"properties": {"endpointUrl": "https://hooks.example.org"}})"), "");
  EXPECT_EQ(plugin_.refusal("{}"), R"(the block: "properties" is missing)");
  EXPECT_EQ(plugin_.refusal(R"({"properties": {}})"), R"(/properties: "endpointUrl" is missing)");
  EXPECT_EQ(plugin_.refusal(R"({"endpointType": "EventHub", "properties": {"endpointUrl": "https://a"}})"),
            R"(/endpointType: "EventHub" is not one of "WebHook")");
}

TEST_F(Blocks, KnowWhatWasMeant) {
  EXPECT_EQ(refusal(R"(, "maxEventPerBatch": 5)"),
            R"(/properties: unknown key "maxEventPerBatch"; did you mean "maxEventsPerBatch"?)");
}

TEST_F(Blocks, HaveBounds) {
  EXPECT_EQ(refusal(R"(, "maxEventsPerBatch": 5001)"),
            "/properties/maxEventsPerBatch: is out of range; expected 1 to 5000");
  EXPECT_EQ(refusal(R"(, "preferredBatchSizeInKilobytes": 0)"),
            "/properties/preferredBatchSizeInKilobytes: is out of range; expected 1 to 1024");
  EXPECT_EQ(refusal(R"(, "timeout": "61s")"),
            "/properties/timeout: is longer than the plugin's timeout_max, which is 60000 ms");
  EXPECT_EQ(refusal(R"(, "timeout": "1m")"), "");
  EXPECT_EQ(refusal(R"(, "mode": "binary", "maxEventsPerBatch": 2)"),
            "/properties/maxEventsPerBatch: in binary mode a request holds one event");
}

TEST_F(Blocks, AreNotSentInClearText) {
  EXPECT_THAT(refusal({}, "http://hooks.example.org"), HasSubstr("/properties/endpointUrl: found an http:// URL"));
  EXPECT_EQ(refusal({}, "http://127.0.0.1:8080/in"), "");
  EXPECT_EQ(refusal({}, "http://[::1]:8080/in"), "");
  EXPECT_EQ(refusal({}, "http://localhost/in"), "");
  EXPECT_THAT(refusal({}, "http://localhost.example.org/in"), HasSubstr("found an http:// URL"));
  EXPECT_THAT(refusal({}, "ftp://hooks.example.org"), HasSubstr("/properties/endpointUrl: the URL does not begin"));
  EXPECT_THAT(refusal(R"(, "oauth": {"tokenUrl": "http://login.example.org", "clientId": "c", "clientSecret": "s"})"),
              HasSubstr("/properties/oauth/tokenUrl: found an http:// URL"));
  TestHost other;
  EXPECT_EQ(other.load<WebhookHandler>(R"({"allow_http": true})").refusal(block({}, "http://hooks.example.org")), "");
}

TEST_F(Blocks, HaveOneIdentity) {
  EXPECT_THAT(
      refusal(R"(, "bearerToken": "t", "oauth": {"tokenUrl": "https://a", "clientId": "c", "clientSecret": "s"})"),
      StartsWith("/properties: of bearerToken, oauth"));
  EXPECT_THAT(refusal(R"(, "azureActiveDirectoryApplicationIdOrUri": "api://x")"),
              HasSubstr("needs the plugin's setting oauth"));
  EXPECT_EQ(refusal(R"(, "apiKey": {"header": "Host", "value": "k"})"),
            "/properties/apiKey/header: that header is the handler's own");
  EXPECT_EQ(refusal(R"(, "apiKey": {"header": "authorization", "value": "k"})"),
            "/properties/apiKey/header: is Authorization, or has a mapping already");
  EXPECT_EQ(refusal(R"(, "bearerToken": "a\nb")"), "/properties/bearerToken: cannot stand in a header");
}

TEST_F(Blocks, HaveTwoSigningSecretsAtMost) {
  const std::string secret = R"("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")";
  EXPECT_EQ(refusal(R"(, "signingSecrets": [)" + secret + "," + secret + "," + secret + "]"),
            "/properties/signingSecrets: has 3 items, expected at most 2");
  EXPECT_EQ(refusal(R"(, "signingSecrets": [)" + secret + R"(, "whsec_short"])").substr(0, 30),
            "/properties/signingSecrets/1: ");
}

TEST(Settings, OfThePlugin) {
  const auto refusal = [](const std::string& settings) {
    TestHost host;
    return host.refusal<WebhookHandler>(settings);
  };
  EXPECT_EQ(refusal("{}"), "");
  EXPECT_EQ(refusal(R"({"timeout": "3m"})"),
            "/timeout: is longer than timeout_max, the longest that a destination may say");
  EXPECT_THAT(
      refusal(R"({"oauth": {"token_url": "http://login.example.com", "client_id": "c", "client_secret": "s"}})"),
      HasSubstr("/oauth/token_url: found an http:// URL"));
  EXPECT_NE(refusal(R"({"origin": "a b"})"), "");
}

TEST(Manual, NamesEveryPropertyOfADestination) {
  std::ifstream file(HOOKS_MANUAL);
  const std::string manual(std::istreambuf_iterator<char>(file), {});
  const std::string schema_text = target_schema().json();
  const auto schema = trellis::json::parse(schema_text).value();
  const auto* properties = schema.find("properties")->find("properties")->find("properties");
  ASSERT_GT(properties->keys.size(), 15u);
  for (const std::string& name : properties->keys) EXPECT_THAT(manual, HasSubstr("`" + name + "`"));
}

class HandlerSecrets : public HandlerTest {
 protected:
  HandlerSecrets() : HandlerTest(TestHostOptions{.log_level = trellis::Level::trace}) {}

  /// Lets one event and one question fail in that way; what was said of them.
  void fail(const std::function<void()>& how) {
    for (const bool asks : {false, true}) {
      const auto watch =
          asks ? destination_.check() : destination_.deliver({event("a", R"(,"data":"SECRET-6")")}).front();
      how();
      host_.turn();
      EXPECT_NE(watch.outcome(), Settled::waiting);
      EXPECT_NE(watch.outcome(), Settled::delivered);
      said_ += watch.reason() + "\n";
    }
  }
  void answer(const std::string& bytes) {
    fail([&] {
      auto peer = server();
      peer.send(bytes);
      if (peer.open()) peer.disconnect();
    });
  }

  const Driver plugin_ = load();
  OpenDestination destination_ = plugin_.open(block(
      R"(, "bearerToken": "SECRET-1", "apiKey": {"value": "SECRET-2"}, "signingSecrets": ["whsec_U0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVU"],
         "deliveryAttributeMappings": [{"name": "x", "type": "Static", "properties": {"value": "SECRET-3", "isSecret": true}}])",
      "https://hooks.example.org/SECRET-4?code=SECRET-5"));
  std::string said_;
};

TEST_F(HandlerSecrets, AreInNoLineReasonOrMetric) {
  answer(http(500, "SECRET-1"));
  answer(http(401, {}, "Location: https://a/SECRET-4\r\n"));
  answer("HTTP/1.1 200 SECRET-2\r\nSECRET-2\r\n\r\n");
  answer("");
  fail([&] { host_.fail_dial(TRELLIS_DIAL_CONNECT, "refused"); });
  fail([&] { host_.advance(30s); });
  for (const auto& line : host_.logs()) {
    said_ += line.text;
    for (const auto& [name, value] : line.fields) said_ += " " + name + "=" + value;
    said_ += "\n";
  }
  EXPECT_THAT(said_, HasSubstr("https://hooks.example.org"));
  EXPECT_THAT(said_, Not(HasSubstr("SECRET")));
  EXPECT_THAT(said_, Not(HasSubstr("U0VDUkVU"))) << "the same in base64";
  EXPECT_THAT(plugin_.as<WebhookHandler>().host().render_metrics(), Not(HasSubstr("SECRET")));
}

TEST_F(HandlerSecrets, AreInNoRefusalOfABlock) {
  for (
      const std::string& more :
      {std::string(R"(, "bearerToken": "SECRET\n")"), std::string(R"(, "signingSecrets": ["SECRET"])"),
       std::string(R"(, "apiKey": {"value": "SECRET\r"})"),
       std::string(R"(, "oauth": {"tokenUrl": "ftp://SECRET", "clientId": "c", "clientSecret": "SECRET"})"),
       std::string(
           R"(, "deliveryAttributeMappings": [{"name": "x", "type": "Static", "properties": {"value": "SECRET\u0001"}}])")}) {
    const std::string said = plugin_.refusal(block(more));
    EXPECT_NE(said, "");
    EXPECT_THAT(said, Not(HasSubstr("SECRET"))) << said;
  }
  EXPECT_THAT(plugin_.refusal(block({}, "https://user:SECRET@example.org")), Not(HasSubstr("SECRET")));
}

}  // namespace
}  // namespace hooks

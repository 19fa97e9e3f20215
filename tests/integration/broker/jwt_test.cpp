// Clients that show tokens, from CONNECT to the end that their token sets.
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <trellis/json.hpp>

#include "common/jose/testing/signer.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::uint8_t kReauthenticate = 0x19;
constexpr std::uint8_t kNotAuthorized = 0x87;
constexpr std::uint8_t kBadMethod = 0x8C;

class Jwt : public SiteTest {
 protected:
  static const jose::testing::Signer& issuer() {
    static const jose::testing::Signer signer;
    return signer;
  }
  static Site site() { return {.shards = 2, .authenticators = R"("authenticator-jwt")"}; }

  /// The resources of the namespace, taken over by a reload.
  bool put(const std::string& further = "", const std::string& clients = "") {
    return put_on(site(), R"(, "audiences": ["broker.example"])" + further, clients);
  }
  bool put_on(const Site& wanted, const std::string& further, const std::string& clients = "") {
    std::filesystem::create_directories(broker().directory() + "/resources");
    write("resources/tokens.json",
          R"({"namespaces": {"default": {"topicSpacesConfiguration": {"clientAuthentication": {
              "customJwtAuthentication": {"tokenIssuer": "me",
              "encodedIssuerCertificates": [{"kid": "k1", "encodedCertificate": )" +
              json::quote(issuer().certificate()) + "}]" + further + R"(}}}}}, "clients": {)" + clients + "}}");
    return reload(wanted);
  }
  void started(const std::string& further = "") {
    start(site());
    ASSERT_TRUE(put(further)) << broker().output();
  }

  static std::int64_t now() {
    return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  static std::string token(const std::string& subject = "ada", std::int64_t seconds = 600) {
    return issuer().token(R"({"iss":"me","aud":["broker.example/"],"press":5,"sub":")" + subject + R"(","nbf":)" +
                              std::to_string(now()) + R"(,"exp":)" + std::to_string(now() + seconds) + "}",
                          "k1");
  }
  static Properties shown(const std::string& data, const std::string& method = "CUSTOM-JWT") {
    return Properties().add(Prop::auth_method, method).add(Prop::auth_data, data);
  }
  RawClient asked(const std::string& data, const std::string& method = "CUSTOM-JWT") {
    auto client = open();
    client.send_connect({.client_id = unique(std::to_string(next_number())), .properties = shown(data, method)});
    return client;
  }
  RawClient let_in(const std::string& data) {
    auto client = asked(data);
    EXPECT_EQ(client.expect(PacketType::connack).reason, 0) << broker().output();
    return client;
  }
};

TEST_F(Jwt, AGoodTokenLetsIn) {
  started();
  auto client = asked(token());
  const auto connack = client.expect(PacketType::connack);
  EXPECT_EQ(connack.reason, 0);
  EXPECT_EQ(connack.properties.text(Prop::auth_method), "CUSTOM-JWT");
  client.publish({.topic = "t", .payload = "x", .qos = 1});
}

TEST_F(Jwt, ABadTokenIsRefusedWithTheReason) {
  started();
  const auto refusal = [&](const std::string& text) {
    return std::string(asked(text).expect_refused({kNotAuthorized}).properties.text(Prop::reason_string).value_or(""));
  };
  const std::string good = token();
  EXPECT_EQ(refusal(good.substr(0, good.size() - 2)), "the signature of the token is wrong");
  EXPECT_EQ(refusal(token("ada", -61)), "the token is expired");
  EXPECT_EQ(refusal(jose::testing::Signer().token("{}", "k1")), "the signature of the token is wrong");
  EXPECT_EQ(refusal("nonsense"), "the token does not have the three parts of a signed one");
  asked(good, "OTHER-JWT").expect_refused({kBadMethod});
  EXPECT_THAT(broker().output(), Not(HasSubstr(good.substr(0, 60))));
}

TEST_F(Jwt, AudienceIsAHostOrAProvedCustomDomainOfTheNamespace) {
  Site own = site();
  own.space = R"("hosts": ["broker.example", "*.wide.example"], "custom_domains": ["claimed.example"])";
  own.spaces = R"("other": {"hosts": ["other.example"]},)";
  start(own);
  ASSERT_TRUE(put_on(own, "")) << broker().output();
  const auto meant_for = [&](const std::string& audience) {
    return issuer().token(R"({"iss":"me","sub":"ada","nbf":0,"exp":99999999999,"aud":")" + audience + "\"}", "k1");
  };
  let_in(meant_for("broker.example"));
  let_in(meant_for("broker.example/"));
  for (const char* wrong : {"other.example", "claimed.example", "*.wide.example"}) {
    const auto refused = asked(meant_for(wrong)).expect_refused({kNotAuthorized});
    EXPECT_EQ(refused.properties.text(Prop::reason_string), "the token's audience ('aud') is another one") << wrong;
  }
  own.root = R"("custom_domain_check": false)";
  ASSERT_TRUE(reload(own)) << broker().output();
  let_in(meant_for("claimed.example/"));
  own.space = R"("hosts": ["renamed.example"])";
  ASSERT_TRUE(reload(own)) << broker().output();
  let_in(meant_for("renamed.example"));
  asked(meant_for("broker.example")).expect_refused({kNotAuthorized});
}

TEST_F(Jwt, APasswordThatIsNoTokenHasABadForm) {
  started(R"(, "passwordField": true)");
  const auto told = [&](Version version, const std::string& password, std::uint8_t code) {
    auto client = open(version);
    client.send_connect({.client_id = "old", .username = "CUSTOM-JWT", .password = password});
    client.expect_refused({code});
  };
  told(Version::v311, "secret", 4);
  told(Version::v5, "secret", 0x86);
  told(Version::v311, token("ada", -61), 5);
  told(Version::v5, token("ada", -61), kNotAuthorized);
}

TEST_F(Jwt, ATokenMayComeAsPasswordWhereTheSettingsSaySo) {
  started();
  const Connect connect{.client_id = "old", .username = "CUSTOM-JWT", .password = token()};
  auto refused = open(Version::v311);
  refused.send_connect(connect);
  refused.expect_refused({5});
  ASSERT_TRUE(put(R"(, "passwordField": true)"));
  auto client = open(Version::v311);
  client.send_connect(connect);
  EXPECT_EQ(client.expect(PacketType::connack).reason, 0);
}

TEST_F(Jwt, ANewTokenOfTheSameSubjectKeepsTheClient) {
  started(R"(, "clockSkewInSeconds": 0)");
  auto client = let_in(token("ada", 6));
  client.send(encode_auth(kReauthenticate, shown(token("ada", 600))));
  EXPECT_EQ(client.expect(PacketType::auth).reason, 0);
  auto other = let_in(token("bob", 7));
  other.expect_disconnect({kNotAuthorized});
  client.publish({.topic = "t", .payload = "still here", .qos = 1});
}

TEST_F(Jwt, TheEndOfATokenIsSaidInTheReasonString) {
  started(R"(, "clockSkewInSeconds": 0)");
  auto client = let_in(token("ada", 3));
  const auto disconnect = client.expect_disconnect({kNotAuthorized});
  ASSERT_TRUE(disconnect);
  EXPECT_EQ(disconnect->properties.text(Prop::reason_string), "token expired");
}

TEST_F(Jwt, TheEndOfATokenThatCameAsPasswordEndsTheConnection) {
  started(R"(, "clockSkewInSeconds": 0, "passwordField": true)");
  auto client = open(Version::v311);
  client.send_connect({.client_id = "old", .username = "CUSTOM-JWT", .password = token("old", 3)});
  EXPECT_EQ(client.expect(PacketType::connack).reason, 0);
  client.expect_closed();
}

TEST_F(Jwt, ANewTokenOfSomebodyElseEndsTheConnection) {
  started();
  auto client = let_in(token("ada"));
  client.send(encode_auth(kReauthenticate, shown(token("eve"))));
  client.expect_disconnect({kNotAuthorized});
}

TEST_F(Jwt, ABadNewTokenEndsTheConnection) {
  started();
  auto client = let_in(token());
  client.send(encode_auth(kReauthenticate, shown("nonsense")));
  client.expect_disconnect({kNotAuthorized});
}

TEST_F(Jwt, WhoIsDisabledIsCutOffAndStaysOut) {
  started();
  auto ada = let_in(token("ada"));
  auto bob = let_in(token("bob"));
  ASSERT_TRUE(put("", R"("one": {"authenticationName": "Ada", "state": "Disabled"})")) << broker().output();
  ada.expect_disconnect({kNotAuthorized});
  asked(token("ada")).expect_refused({kNotAuthorized});
  bob.publish({.topic = "t", .payload = "x", .qos = 1});
}

TEST_F(Jwt, ABadCertificateRefusesTheReload) {
  started();
  write("resources/tokens.json", R"({"namespaces": {"default": {"topicSpacesConfiguration": {"clientAuthentication": {
      "customJwtAuthentication": {"tokenIssuer": "me",
      "encodedIssuerCertificates": [{"kid": "k1", "encodedCertificate": "nothing"}]}}}}}})");
  EXPECT_FALSE(reload(site()));
  EXPECT_TRUE(eventually([&] {
    return broker().output().find(
               "/customJwtAuthentication/encodedIssuerCertificates/0/encodedCertificate: it holds "
               "neither a certificate nor a public key in PEM") != std::string::npos;
  })) << broker().output();
  let_in(token());
}

}  // namespace
}  // namespace trellis::testing

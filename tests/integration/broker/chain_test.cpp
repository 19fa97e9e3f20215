// Several authenticators and the authorizer of topic spaces together: who judges whom, and what comes of it.
#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <trellis/json.hpp>

#include "common/jose/testing/signer.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

constexpr std::uint8_t kNotAuthorized = 0x87;
constexpr std::uint8_t kBadMethod = 0x8C;

class Chain : public SiteTest {
 protected:
  static const jose::testing::Signer& issuer() {
    static const jose::testing::Signer signer;
    return signer;
  }

  void SetUp() override {
    const std::string users = secrets_.write("users", "");
    const std::string command = "mosquitto_passwd -b '" + users + "' board secret";
    ASSERT_EQ(std::system(command.c_str()), 0);
    const Site site{.plugins = R"("authenticator-password": {"config": {"file": ")" + users + R"("}})",
                    .authenticators = R"("authenticator-entra", "authenticator-jwt", "authenticator-x509",
                                         "authenticator-password")",
                    .authorizers = R"("authorizer-topic-spaces")"};
    start(site);
    std::filesystem::create_directories(broker().directory() + "/resources");
    write("resources/plant.json", R"({
      "namespaces": {"default": {"topicSpacesConfiguration": {"clientAuthentication": {
        "entraAuthentication": {"issuer": "https://login.example/plant", "jwksUri": "https://127.0.0.1:9/keys"},
        "customJwtAuthentication": {"tokenIssuer": "me", "audiences": ["broker.example"], "encodedIssuerCertificates":
          [{"kid": "k1", "encodedCertificate": )" +
                                      json::quote(issuer().certificate()) + R"(}]}}}}},
      "clients": {"board": {"attributes": {"kind": "display"}}},
      "clientGroups": {"displays": {"query": "attributes.kind = 'display'"}, "presses": {"query": "attributes.press > 0"}},
      "topicSpaces": {"own": {"topicTemplates": ["state/${client.authenticationName}"]}, "all": {"topicTemplates": ["#"]}},
      "permissionBindings": {
        "tell": {"clientGroupName": "presses", "topicSpaceName": "own", "permission": "Publisher"},
        "look": {"clientGroupName": "displays", "topicSpaceName": "all", "permission": "Subscriber"}}})");
    ASSERT_TRUE(reload(site)) << broker().output();
  }

  static std::string token(const std::string& claims) {
    const auto now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    return issuer().token(R"({"iss":"me","aud":"broker.example","nbf":)" + std::to_string(now) + R"(,"exp":)" +
                              std::to_string(now + 600) + "," + claims + "}",
                          "k1");
  }
  static Connect with_method(const std::string& client_id, const std::string& method, const std::string& data) {
    return {.client_id = client_id,
            .properties = Properties().add(Prop::auth_method, method).add(Prop::auth_data, data)};
  }
  RawClient told(const Connect& connect, Version version = Version::v5) {
    auto client = open(version);
    client.send_connect(connect);
    return client;
  }

 private:
  TemporaryDirectory secrets_;
};

TEST_F(Chain, ClaimsOfATokenAndAttributesOfTheRegistryLeadToTheirRights) {
  auto board = told({.client_id = "b", .username = "board", .password = "secret"});
  EXPECT_EQ(board.expect(PacketType::connack).reason, 0);
  EXPECT_EQ(board.subscribe({{.filter = "state/+", .qos = 1}}).reasons.at(0), 1);
  auto press = told(with_method("p", "CUSTOM-JWT", token(R"("sub":"press-04","press":5)")));
  EXPECT_EQ(press.expect(PacketType::connack).reason, 0);
  EXPECT_EQ(press.publish({.topic = "state/press-04", .payload = "up", .qos = 1})->reason, 0);
  board.expect_publish("up");
  EXPECT_EQ(press.publish({.topic = "state/press-05", .payload = "up", .qos = 1})->reason, kNotAuthorized);
}

TEST_F(Chain, ATokenOpensNothingByTheMethodOfAnother) {
  const std::string good = token(R"("sub":"press-04","press":5)");
  told(with_method("m", "OAUTH2-JWT", good)).expect_refused({kNotAuthorized});
}

TEST_F(Chain, AClaimIsNoPrincipalOfRoles) {
  auto sly = told(with_method("s", "CUSTOM-JWT", token(R"("sub":"sly","trellis:principals":["team"],"press":1)")));
  EXPECT_EQ(sly.expect(PacketType::connack).reason, 0);
  EXPECT_EQ(sly.publish({.topic = "state/sly", .qos = 1})->reason, 0x10) << "it is judged by groups";
}

TEST_F(Chain, ATokenWithFewerRightsTakesWhatAnEarlierOneGave) {
  auto display = told(with_method("d", "CUSTOM-JWT", token(R"("sub":"d1","kind":"display")")));
  EXPECT_EQ(display.expect(PacketType::connack).reason, 0);
  EXPECT_EQ(display.subscribe({{.filter = "state/+", .qos = 1}}).reasons.at(0), 1);
  display.send(encode_auth(0x19, with_method("", "CUSTOM-JWT", token(R"("sub":"d1")")).properties));
  EXPECT_EQ(display.expect(PacketType::auth).reason, 0);
  display.expect_disconnect({kNotAuthorized});
}

TEST_F(Chain, WhoComesBackWithFewerRightsGetsNothingByThem) {
  Connect connect = with_method("d", "CUSTOM-JWT", token(R"("sub":"d1","kind":"display")"));
  connect.properties.add(Prop::session_expiry, 60);
  auto display = told(connect);
  EXPECT_EQ(display.expect(PacketType::connack).reason, 0);
  EXPECT_EQ(display.subscribe({{.filter = "state/+", .qos = 1}}).reasons.at(0), 1);
  display.disconnect();
  auto press = told(with_method("p", "CUSTOM-JWT", token(R"("sub":"press-04","press":5)")));
  EXPECT_EQ(press.expect(PacketType::connack).reason, 0);
  EXPECT_EQ(press.publish({.topic = "state/press-04", .payload = "up", .qos = 1})->reason, 0);
  connect = with_method("d", "CUSTOM-JWT", token(R"("sub":"d1")"));
  connect.clean = false;
  auto back = told(connect);
  const auto connack = back.expect(PacketType::connack);
  EXPECT_EQ(connack.reason, 0);
  EXPECT_TRUE(connack.session_present);
  back.expect_nothing();
  EXPECT_EQ(press.publish({.topic = "state/press-04", .payload = "up", .qos = 1})->reason, 0x10);
}

TEST_F(Chain, AMethodOfNobodyIsToldFromWrongCredentials) {
  told(with_method("a", "KERBEROS", "x")).expect_refused({kBadMethod});
  told(with_method("b", "CUSTOM-JWT", "x")).expect_refused({kNotAuthorized});
  told(with_method("c", "OAUTH2-JWT", token(R"("sub":"p")"))).expect_refused({kNotAuthorized});
  told({.client_id = "d"}).expect_refused({kNotAuthorized});
  told({.client_id = "e", .username = "board", .password = "guessed"}).expect_refused({0x86});
  told({.client_id = "f"}, Version::v311).expect_refused({5});
  told({.client_id = "g", .username = "board", .password = "guessed"}, Version::v311).expect_refused({4});
}

TEST_F(Chain, ATokenAsPasswordIsNeverTakenUnlessTheSettingsSaySo) {
  told({.client_id = "a", .username = "CUSTOM-JWT", .password = token(R"("sub":"p")")}, Version::v311)
      .expect_refused({4, 5});
}

}  // namespace
}  // namespace trellis::testing

// Who is let in by an access token, for how long, and as whom again.
#include "entra_site.hpp"

namespace trellis::testing {
namespace {

class EntraIdentity : public EntraTest {};

std::string damaged(std::string token) {
  char& letter = token[token.rfind('.') + 5];
  letter = letter == 'A' ? 'B' : 'A';
  return token;
}

TEST_F(EntraIdentity, IsGivenByATokenOfTheIssuer) {
  start(site());
  auto press = let_in(issuer_.token("press"));
  auto mill = let_in(issuer_.token("mill", "https://eventgrid.azure.net"));
  const auto topic = unique();
  mill.subscribe({{.filter = topic}});
  press.send_publish({.topic = topic, .payload = "1200"});
  mill.expect_publish("1200");
}

TEST_F(EntraIdentity, IsNotGivenByOtherTokens) {
  start(site());
  EXPECT_EQ(answer_to(issuer_.token("press", "https://elsewhere.example")), 0x87) << "for another audience";
  EXPECT_EQ(answer_to(issuer_.token("stranger")), 0x87) << "of another tenant";
  EXPECT_EQ(answer_to(issuer_.token("user")), 0x87) << "of a user";
  EXPECT_EQ(answer_to(damaged(issuer_.token("press"))), 0x87) << "with another signature";
  EXPECT_EQ(answer_to("no token at all"), 0x87);
  EXPECT_EQ(answer_to(""), 0x87);
  Issuer other(R"({"clients": {"press": {"claims": {"oid": "press-oid", "azp": "app", "tid": "plant"}}}})");
  EXPECT_EQ(answer_to(other.token("press")), 0x87) << "of another issuer";
}

TEST_F(EntraIdentity, NeedsAMethodThatSomebodyKnows) {
  start(site());
  auto client = open();
  client.send_connect({.client_id = unique(), .properties = proof(issuer_.token("press"), "OAUTH2")});
  client.expect_refused({0x8C});
}

TEST_F(EntraIdentity, LeavesClientsWithoutTokenToOthers) {
  start(site());
  auto client = connected();
  client.expect_nothing();
}

TEST_F(EntraIdentity, IsLostWithTheToken) {
  start(site());
  auto watcher = subscribed(Version::v5, {.filter = unique("will")});
  auto client = let_in(issuer_.token("brief"), {.will = Will{.topic = unique("will"), .payload = "gone"}});
  const auto disconnect = client.expect_disconnect({0x87});
  ASSERT_TRUE(disconnect);
  EXPECT_EQ(disconnect->properties.text(Prop::reason_string), "token expired");
  watcher.expect_publish("gone");
}

TEST_F(EntraIdentity, IsKeptByANewToken) {
  start(site());
  const auto brief = issuer_.token("brief");
  auto clock = let_in(brief);
  auto client = let_in(brief);
  client.send(encode_auth(0x19, proof(issuer_.token("press"))));
  const auto answer = client.expect(PacketType::auth);
  EXPECT_EQ(answer.reason, 0);
  EXPECT_EQ(answer.properties.text(Prop::auth_method), kMethod);
  clock.expect_disconnect({0x87});  // the first token is over for both
  client.expect_nothing();
}

TEST_F(EntraIdentity, EndsWithASecondTokenToo) {
  start(site());
  auto client = let_in(issuer_.token("press"));
  client.send(encode_auth(0x19, proof(issuer_.token("brief"))));
  EXPECT_EQ(client.expect(PacketType::auth).reason, 0);
  client.expect_disconnect({0x87});
}

TEST_F(EntraIdentity, IsNotChangedByAnotherToken) {
  start(site());
  auto client = let_in(issuer_.token("press"));
  client.send(encode_auth(0x19, proof(issuer_.token("mill"))));
  client.expect_disconnect({0x87});
}

TEST_F(EntraIdentity, EndsWithATokenThatIsNotAccepted) {
  start(site());
  auto client = let_in(issuer_.token("press"));
  client.send(encode_auth(0x19, proof(damaged(issuer_.token("press")))));
  client.expect_disconnect({0x87});
}

TEST_F(EntraIdentity, IsNotProvedByAnotherMethod) {
  start(site());
  auto client = let_in(issuer_.token("press"));
  client.send(encode_auth(0x19, proof(issuer_.token("press"), "CUSTOM-JWT")));
  client.expect_disconnect({0x82});
}

TEST_F(EntraIdentity, IsBlockedByADisabledClientOfThatName) {
  const auto in_state = [](const std::string& state) {
    return R"("clients": {"press-oid": {"state": ")" + state + R"("}},)";
  };
  start(site("", "", in_state("Enabled")));
  auto press = let_in(issuer_.token("press"));
  auto mill = let_in(issuer_.token("mill"));
  ASSERT_TRUE(reload(site("", "", in_state("Disabled")))) << broker().output();
  press.expect_disconnect({0x87});
  EXPECT_EQ(answer_to(issuer_.token("press")), 0x87);
  mill.expect_nothing();
  ASSERT_TRUE(reload(site("", "", in_state("Enabled")))) << broker().output();
  EXPECT_EQ(answer_to(issuer_.token("press")), 0);
}

TEST_F(EntraIdentity, FollowsTheSettingsOfItsNamespace) {
  start(site());
  ASSERT_EQ(answer_to(issuer_.token("stranger")), 0x87);
  ASSERT_TRUE(reload(site(R"("audiences": ["https://plant.example"], "applicationsOnly": false)")));
  EXPECT_EQ(answer_to(issuer_.token("press")), 0x87);
  EXPECT_EQ(answer_to(issuer_.token("user", "https://plant.example/")), 0);
}

TEST_F(EntraIdentity, KeepsTokensOutOfTheLog) {
  start(site());
  for (const char* name : {"press", "user", "stranger"}) {
    const auto token = issuer_.token(name);
    answer_to(token);
    answer_to(damaged(token));
    for (std::size_t part = 0; part != std::string::npos; part = token.find('.', part + 1)) {
      EXPECT_EQ(broker().output().find(token.substr(part, 40)), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace trellis::testing

// Enhanced authentication where no authenticator knows the method, and AUTH where it has no place.
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class AuthV5 : public MqttTest {};

TEST_F(AuthV5, UnknownMethodIsRefused) {
  auto client = open();
  client.send_connect({.client_id = unique(),
                       .properties = Properties().add(Prop::auth_method, "NO-SUCH-METHOD").add(Prop::auth_data, "x")});
  client.expect_refused({0x8C});
}

TEST_F(AuthV5, RefusalOfAMethodPublishesNoWill) {
  const auto topic = unique();
  auto watcher = subscribed(Version::v5, {.filter = topic});
  auto client = open();
  client.send_connect({.client_id = unique("x"),
                       .properties = Properties().add(Prop::auth_method, "NO-SUCH-METHOD"),
                       .will = Will{.topic = topic, .payload = "never"}});
  client.expect_refused({0x8C, 0x87});
  auto other = connected();
  expect_no_more(other, watcher);
}

TEST_F(AuthV5, WithoutAMethodIsAProtocolError) {
  for (const std::uint8_t reason : {std::uint8_t{0x18}, std::uint8_t{0x19}, std::uint8_t{0x00}}) {
    auto client = connected();
    client.send(encode_auth(reason, Properties().add(Prop::auth_method, "ANY").add(Prop::auth_data, "x")));
    client.expect_disconnect({0x82, 0x8C});
  }
}

TEST_F(AuthV5, BeforeConnectEndsTheConnection) {
  auto client = open();
  client.send(encode_auth(0x18, Properties().add(Prop::auth_method, "ANY")));
  EXPECT_EQ(client.receive(), std::nullopt);
}

TEST_F(AuthV5, UnknownReasonCodeEndsTheConnection) {
  auto client = connected();
  client.send(encode_auth(0x33, Properties().add(Prop::auth_method, "ANY")));
  client.expect_disconnect({0x81, 0x82, 0x8C});
}

TEST_F(AuthV5, PropertiesOfOtherPacketsEndTheConnection) {
  auto client = connected();
  client.send(encode_auth(0x19, Properties().add(Prop::auth_method, "ANY").add(Prop::session_expiry, 1)));
  client.expect_disconnect({0x81, 0x82, 0x8C});
}

TEST_F(AuthV5, IsNeverSentToAClientWithoutMethod) {
  auto client = connected();  // the handshake itself fails on an AUTH
  client.expect_nothing();
}

}  // namespace
}  // namespace trellis::testing

// CONNACK: session present, what the broker says of itself, and what it must keep to itself.
#include <algorithm>
#include <set>

#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class SessionPresent : public VersionedTest {};
TRELLIS_STANDARD_VERSIONS(SessionPresent);

class Connack : public VersionedTest {};
TRELLIS_ALL_VERSIONS(Connack);

class ConnackV5 : public MqttTest {};

TEST_P(SessionPresent, IsSetOnlyWhereASessionWasKept) {
  auto first = open();
  EXPECT_FALSE(first.connect(keeping(unique(), false)).session_present);
  first.disconnect();
  auto second = open();
  EXPECT_TRUE(second.connect(keeping(unique(), false)).session_present);
}

TEST_P(SessionPresent, IsNeverSetAfterACleanStart) {
  auto first = open();
  first.connect(keeping(unique(), false));
  first.disconnect();
  auto second = open();
  EXPECT_FALSE(second.connect(keeping(unique(), true)).session_present);
}

TEST_P(SessionPresent, IsNotSetInARefusal) {
  auto client = open();
  if (v5()) {
    client.send_connect({.client_id = unique(), .properties = Properties().add(Prop::auth_method, "none")});
  } else {
    client.send_connect({.clean = false});  // without a client identifier
  }
  EXPECT_FALSE(client.expect(PacketType::connack).session_present);  // the decoder checks it for every refusal
}

TEST_P(Connack, IsSentOnce) {
  auto client = connected();
  for (int i = 0; i < 3; ++i) client.expect_nothing();
}

TEST_F(ConnackV5, CarriesOnlyPropertiesOfAConnackAndEachOnce) {
  const std::set<Prop> allowed{Prop::session_expiry,
                               Prop::receive_maximum,
                               Prop::maximum_qos,
                               Prop::retain_available,
                               Prop::maximum_packet_size,
                               Prop::assigned_client_id,
                               Prop::topic_alias_maximum,
                               Prop::reason_string,
                               Prop::user,
                               Prop::wildcard_available,
                               Prop::subscription_ids_available,
                               Prop::shared_available,
                               Prop::server_keep_alive,
                               Prop::response_info,
                               Prop::server_reference};
  auto client = open();
  const auto connack = client.connect({.client_id = unique()});
  std::set<Prop> seen;
  for (const auto id : connack.properties.ids()) {
    EXPECT_TRUE(allowed.count(id)) << static_cast<int>(id);
    EXPECT_TRUE(id == Prop::user || seen.insert(id).second) << static_cast<int>(id);
  }
}

TEST_F(ConnackV5, AnnouncesOnlyLegalValues) {
  auto client = open();
  const auto connack = client.connect({.client_id = unique()});
  const auto& found = connack.properties;
  EXPECT_NE(found.number(Prop::receive_maximum).value_or(65535), 0u);
  EXPECT_NE(found.number(Prop::maximum_packet_size).value_or(1), 0u);
  // Maximum QoS 2 is said by leaving the property out.
  EXPECT_LE(found.number(Prop::maximum_qos).value_or(0), 1u);
  for (const auto id :
       {Prop::retain_available, Prop::wildcard_available, Prop::subscription_ids_available, Prop::shared_available})
    EXPECT_LE(found.number(id).value_or(1), 1u);
}

TEST_F(ConnackV5, LetsTheKeepAliveOfTheClientStand) {
  auto client = open();
  const auto connack = client.connect({.client_id = unique(), .keep_alive = 30});
  EXPECT_EQ(connack.properties.number(Prop::server_keep_alive).value_or(30), 30u);
}

TEST_F(ConnackV5, NamesNoAuthenticationMethodToAClientWithoutOne) {
  auto client = open();
  const auto connack = client.connect({.client_id = unique()});
  EXPECT_FALSE(connack.properties.has(Prop::auth_method));
  EXPECT_FALSE(connack.properties.has(Prop::auth_data));
}

TEST_F(ConnackV5, SaysTheSessionExpiryOnlyWhereItIsNotTheOneAskedFor) {
  auto client = open();
  const auto wish = Properties().add(Prop::session_expiry, 60);
  const auto connack = client.connect({.client_id = unique(), .properties = wish});
  EXPECT_EQ(connack.properties.number(Prop::session_expiry).value_or(60), 60u);
}

TEST_F(ConnackV5, StaysWithinAMaximumPacketSizeThatFitsItsNecessaryParts) {
  auto client = open();
  const auto limit = Properties().add(Prop::maximum_packet_size, 100);
  EXPECT_LE(client.connect({.client_id = unique(), .properties = limit}).size, 100u);
}

}  // namespace
}  // namespace trellis::testing

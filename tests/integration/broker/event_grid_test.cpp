// "profile": "event-grid" in the namespace's settings of transport-mqtt: the limits of Azure Event Grid's MQTT broker.
#include <chrono>

#include "support/site.hpp"

namespace trellis::testing {
namespace {

class EventGrid : public SiteTest {
 protected:
  void SetUp() override { start({.mqtt = R"("profile": "event-grid")"}); }
  std::uint8_t puback(RawClient& client, const Publish& publish) { return client.publish(publish)->reason; }
  static std::string levels(int count) {
    std::string topic = "1";
    for (int i = 2; i <= count; ++i) topic += "/" + std::to_string(i);
    return topic;
  }
};

TEST_F(EventGrid, AnnouncesItsLimits) {
  auto client = open();
  const auto wish = Properties().add(Prop::session_expiry, 86400);
  const auto connack = client.connect({.client_id = unique(), .keep_alive = 2000, .properties = wish});
  EXPECT_EQ(connack.properties.number(Prop::maximum_qos), 1u);
  EXPECT_EQ(connack.properties.number(Prop::maximum_packet_size), 512u * 1024);
  EXPECT_EQ(connack.properties.number(Prop::topic_alias_maximum), 10u);
  EXPECT_EQ(connack.properties.number(Prop::server_keep_alive), 1160u);
  EXPECT_EQ(connack.properties.number(Prop::session_expiry), 3600u);
  EXPECT_EQ(connack.properties.number(Prop::receive_maximum), 1000u);
  EXPECT_FALSE(connack.properties.has(Prop::retain_available));
  EXPECT_FALSE(connack.properties.has(Prop::shared_available));
}

TEST_F(EventGrid, TopicsHave256BytesAnd15Levels) {
  auto client = connected();
  EXPECT_LT(puback(client, {.topic = std::string(256, 't'), .qos = 1}), 0x80);
  EXPECT_EQ(puback(client, {.topic = std::string(257, 't'), .qos = 1}), 0x90);
  EXPECT_LT(puback(client, {.topic = levels(15), .qos = 1}), 0x80);
  EXPECT_EQ(puback(client, {.topic = levels(16), .qos = 1}), 0x90);
  EXPECT_EQ(
      client.subscribe({{.filter = levels(16)}, {.filter = std::string(257, 't')}, {.filter = levels(15)}}).reasons,
      (std::vector<std::uint8_t>{0x8F, 0x8F, 0}));
}

TEST_F(EventGrid, PropertiesOfAMessageAreLimited) {
  auto client = connected();
  for (const auto property : {Prop::content_type, Prop::response_topic, Prop::correlation_data}) {
    EXPECT_LT(puback(client, {.topic = "t", .qos = 1, .properties = Properties().add(property, std::string(256, 'p'))}),
              0x80);
    EXPECT_EQ(puback(client, {.topic = "t", .qos = 1, .properties = Properties().add(property, std::string(257, 'p'))}),
              0x97);
  }
  const auto half = std::string(16 * 1024 - 1, 'u');
  EXPECT_LT(puback(client, {.topic = "t", .qos = 1, .properties = Properties().user("a", half).user("b", half)}), 0x80);
  EXPECT_EQ(puback(client, {.topic = "t", .qos = 1, .properties = Properties().user("a", half).user("bb", half)}),
            0x97);
}

TEST_F(EventGrid, ClientIdsHave128Bytes) {
  connected(Version::v5, {.client_id = std::string(128, 'i')}).expect_nothing();
  auto longer = open();
  longer.send_connect({.client_id = std::string(129, 'i')});
  longer.expect_refused({0x85});
}

TEST_F(EventGrid, TenFiltersPerSubscribeAndFiftyPerSession) {
  auto client = connected();
  std::vector<Filter> eleven;
  for (int i = 0; i < 11; ++i) eleven.push_back({.filter = "first/" + std::to_string(i)});
  EXPECT_EQ(client.subscribe(eleven).reasons.at(9), 0);
  auto other = connected();
  EXPECT_EQ(other.subscribe(eleven).reasons.at(10), 0x97);
  auto third = connected();
  for (int packet = 0; packet < 5; ++packet) {
    std::vector<Filter> ten;
    for (int i = 0; i < 10; ++i) ten.push_back({.filter = "one/" + std::to_string(packet * 10 + i)});
    EXPECT_EQ(third.subscribe(ten).reasons, std::vector<std::uint8_t>(10, 0));
  }
  pass_a_second();
  EXPECT_EQ(third.subscribe({{.filter = "one/50"}}).reasons.at(0), 0x97);
}

TEST_F(EventGrid, QosTwoIsNotOffered) {
  auto client = connected();
  EXPECT_EQ(client.subscribe({{.filter = unique(), .qos = 2}}).reasons.at(0), 1);
  client.send_publish({.topic = unique(), .qos = 2});
  client.expect_disconnect({0x9B});
}

TEST_F(EventGrid, SessionWhoseQueueOverflowsEnds) {
  connected(Version::v5, keeping(Version::v5, unique("away"))).subscribe({{.filter = unique(), .qos = 1}});
  auto publisher = connected();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(puback(publisher, {.topic = unique(), .payload = "x", .qos = 1}), 0);
  publisher.publish({.topic = unique(), .payload = "one too many", .qos = 1});
  pass_a_second();  // a client may connect once in that time
  auto again = open();
  EXPECT_FALSE(again.connect(keeping(Version::v5, unique("away"))).session_present);
}

TEST_F(EventGrid, SessionWhoseQueueHoldsAMegabyteEnds) {
  connected(Version::v5, keeping(Version::v5, unique("away"))).subscribe({{.filter = unique(), .qos = 1}});
  auto publisher = connected();
  const std::string half(400'000, 'x');
  for (int i = 0; i < 2; ++i) EXPECT_EQ(puback(publisher, {.topic = unique(), .payload = half, .qos = 1}), 0);
  publisher.publish({.topic = unique(), .payload = half, .qos = 1});
  pass_a_second();  // a client may connect once in that time
  auto again = open();
  EXPECT_FALSE(again.connect(keeping(Version::v5, unique("away"))).session_present);
}

TEST_F(EventGrid, HundredMessagesAreUnderWayAtMost) {
  auto subscriber = subscribed(Version::v5, {.filter = unique(), .qos = 1});
  auto publisher = connected();
  for (int i = 0; i < 101; ++i) publisher.publish({.topic = unique(), .payload = std::to_string(i), .qos = 1});
  const auto first = subscriber.expect_publish("0");
  for (int i = 1; i < 100; ++i) subscriber.expect_publish(std::to_string(i));
  subscriber.expect_nothing();
  subscriber.acknowledge(first);
  subscriber.expect_publish("100");
}

TEST_F(EventGrid, ZeroMessageExpiryMeansNone) {
  auto away = connected(Version::v5, keeping(Version::v5, unique("away")));
  away.subscribe({{.filter = unique(), .qos = 1}});
  away.disconnect();
  connected().publish(
      {.topic = unique(), .payload = "kept", .qos = 1, .properties = Properties().add(Prop::message_expiry, 0)});
  pass_a_second();
  auto again = open();
  again.connect(keeping(Version::v5, unique("away")));
  again.expect_publish("kept");
}

TEST_F(EventGrid, OlderClientsGetNoSharedSubscriptions) {
  auto older = connected(Version::v311);
  older.send_subscribe({.filters = {{.filter = "$share/g/t"}}});
  older.expect_closed();
  EXPECT_EQ(connected().subscribe({{.filter = "$share/g/t", .qos = 1}}).reasons.at(0), 1);
}

TEST_F(EventGrid, UserPropertiesOfOtherPacketsAreRefused) {
  auto client = open();
  client.send_connect({.client_id = unique(), .properties = Properties().user("a", "b")});
  client.expect_refused({0x83});
}

TEST_F(EventGrid, RefusedDeliveryEndsTheConnection) {
  auto client = subscribed(Version::v5, {.filter = unique(), .qos = 1});
  connected().publish({.topic = unique(), .payload = "no", .qos = 1});
  client.send_ack(PacketType::puback, client.expect_publish("no").packet_id, 0x80);
  client.expect_closed();
}

TEST_F(EventGrid, RetainedMessagesHave64KiB) {
  auto client = connected();
  EXPECT_LT(puback(client, {.topic = unique(), .payload = std::string(65536, 'r'), .qos = 1, .retain = true}), 0x80);
  EXPECT_EQ(puback(client, {.topic = unique(), .payload = std::string(65537, 'r'), .qos = 1, .retain = true}), 0x97);
  EXPECT_LT(puback(client, {.topic = unique(), .payload = std::string(65537, 'r'), .qos = 1}), 0x80);
}

TEST_F(EventGrid, SixtyFourKiBAreUnderWayAtMost) {
  auto subscriber = subscribed(Version::v5, {.filter = unique(), .qos = 1});
  auto publisher = connected();
  const auto payload = std::string(30'000, 'p');
  for (int i = 0; i < 3; ++i) publisher.publish({.topic = unique(), .payload = payload, .qos = 1});
  const auto first = subscriber.expect_publish(payload);
  subscriber.expect_publish(payload);
  subscriber.expect_nothing();
  subscriber.acknowledge(first);
  subscriber.expect_publish(payload);
}

TEST_F(EventGrid, TenSharedSubscriptionsPerSessionAndHundredGroups) {
  auto client = connected();
  const auto share = [](int group) { return Filter{.filter = "$share/" + std::to_string(group) + "/t"}; };
  std::vector<Filter> ten;
  for (int i = 0; i < 10; ++i) ten.push_back(share(i));
  EXPECT_EQ(client.subscribe(ten).reasons, std::vector<std::uint8_t>(10, 0));
  EXPECT_EQ(client.subscribe({share(10), {.filter = "plain"}}).reasons, (std::vector<std::uint8_t>{0x97, 0}));
  std::vector<RawClient> others;
  for (int other = 1; other < 10; ++other) {
    others.push_back(connected());
    for (int i = 0; i < 10; ++i) ten[static_cast<std::size_t>(i)] = share(other * 10 + i);
    EXPECT_EQ(others.back().subscribe(ten).reasons, std::vector<std::uint8_t>(10, 0));
  }
  auto last = connected();
  EXPECT_EQ(last.subscribe({share(100), share(0)}).reasons, (std::vector<std::uint8_t>{0x97, 0}));
}

TEST_F(EventGrid, ClientsConnectOnceAndSubscribeFiveTimesASecond) {
  auto client = connected(Version::v5, {.client_id = unique("same")});
  auto again = open();
  again.send_connect({.client_id = unique("same")});
  again.expect_refused({0x9F});
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.subscribe({{.filter = "t"}}).reasons.at(0), 0);
  EXPECT_EQ(client.subscribe({{.filter = "t"}}).reasons.at(0), 0x97);
}

TEST_F(EventGrid, ThousandMessagesASecondAreTakenAndHundredSent) {
  auto subscriber = subscribed(Version::v5, {.filter = unique()});
  auto publisher = connected();
  std::string packets;
  for (int i = 0; i < 2500; ++i) packets += Publish{.topic = unique("/none")}.encode(Version::v5);
  const auto limited = [&](const char* rate) {
    return metrics().sum("trellis_mqtt_rate_limited_total", std::string("rate=\"") + rate + "\",scope=\"session\"");
  };
  publisher.send(packets);
  EXPECT_TRUE(eventually([&] { return limited("publishes") >= 1; }));
  const auto begin = std::chrono::steady_clock::now();
  publisher.expect_nothing();  // answers PINGREQ when it reads again
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(150));
  pass_a_second();
  for (int i = 0; i < 150; ++i) publisher.send_publish({.topic = unique(), .payload = std::to_string(i)});
  for (int i = 0; i < 150; ++i) subscriber.expect_publish(std::to_string(i));
  EXPECT_GE(limited("deliveries"), 1);
}

TEST_F(EventGrid, WhatIsSetBesideTheProfileWins) {
  EXPECT_TRUE(reload({.mqtt = R"("profile": "event-grid", "maximum_qos": 2, "topic_levels": 20)"}));
  auto client = connected();
  EXPECT_EQ(client.subscribe({{.filter = unique(), .qos = 2}}).reasons.at(0), 2);
  EXPECT_LT(puback(client, {.topic = levels(20), .qos = 1}), 0x80);
  EXPECT_EQ(puback(client, {.topic = std::string(257, 't'), .qos = 1}), 0x90);
}

}  // namespace
}  // namespace trellis::testing

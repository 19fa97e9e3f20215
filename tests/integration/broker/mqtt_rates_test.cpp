// Rates of transport-mqtt: what is above them waits or is refused, and is counted.
#include <chrono>

#include "support/site.hpp"

namespace trellis::testing {
namespace {

using namespace std::chrono_literals;

class MqttRates : public SiteTest {
 protected:
  void with(const std::string& mqtt) { start({.mqtt = mqtt}); }
  /// How long a client waits for the answer to its PINGREQ: a broker that does not read does not answer either.
  static std::chrono::milliseconds ping(RawClient& client) {
    const auto begin = std::chrono::steady_clock::now();
    client.send_ping();
    client.set_deadline(kPatience);
    client.expect(PacketType::pingresp);
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  }
  void burst(RawClient& client, int messages, std::size_t bytes = 1) {
    std::string packets;
    const Publish one{.topic = unique(), .payload = std::string(bytes, 'x')};
    for (int i = 0; i < messages; ++i) packets += one.encode(client.version());
    client.send(packets);
  }
  /// What is sent right behind a burst may be read with it, and is answered then.
  void expect_limited(const std::string& rate, const std::string& scope, int times = 1) {
    EXPECT_TRUE(eventually([&] { return limited(rate, scope) >= times; })) << rate << ' ' << scope;
  }
  static void expect_messages(RawClient& client, int messages) {
    client.set_deadline(kPatience);
    for (int i = 0; i < messages; ++i) client.expect(PacketType::publish);
  }
  double limited(const std::string& rate, const std::string& scope) {
    return metrics().sum("trellis_mqtt_rate_limited_total", "rate=\"" + rate + "\",scope=\"" + scope + '"');
  }
};

TEST_F(MqttRates, PublishesPerSecond) {
  with(R"("publishes_per_second": 50)");
  auto subscriber = subscribed(Version::v5, {.filter = unique()});
  auto publisher = connected();
  burst(publisher, 50);
  EXPECT_LT(ping(publisher), 500ms) << "a second's worth may come at once";
  burst(publisher, 100);
  expect_limited("publishes", "session");
  EXPECT_GE(ping(publisher), 400ms);
  expect_messages(subscriber, 150);
  EXPECT_EQ(limited("publishes", "namespace"), 0);
  EXPECT_LT(ping(subscriber), 400ms) << "others do not suffer";
}

TEST_F(MqttRates, PublishBytesPerSecond) {
  with(R"("publish_bytes_per_second": 10000)");
  auto subscriber = subscribed(Version::v311, {.filter = unique()});
  auto publisher = connected(Version::v311);
  burst(publisher, 30, 1000);
  expect_limited("publish_bytes", "session");
  EXPECT_GE(ping(publisher), 400ms);
  expect_messages(subscriber, 30);
}

TEST_F(MqttRates, PublishesPerSecondOfAllTogether) {
  with(R"("namespace_publishes_per_second": 50)");
  auto one = connected();
  auto other = connected(Version::v311);
  burst(one, 150);
  expect_limited("publishes", "namespace");
  burst(other, 1);
  expect_limited("publishes", "namespace", 2);
  EXPECT_GE(ping(other), 300ms);
  EXPECT_EQ(limited("publishes", "session"), 0);
}

TEST_F(MqttRates, PublishBytesPerSecondOfAllTogether) {
  with(R"("namespace_publish_bytes_per_second": 10000)");
  auto client = connected();
  burst(client, 30, 1000);
  expect_limited("publish_bytes", "namespace");
  EXPECT_GE(ping(client), 400ms);
}

TEST_F(MqttRates, PatienceEndsWhoNeverPauses) {
  with(R"("publishes_per_second": 20, "rate_patience": "100ms")");
  int times = 0;
  for (const auto version : {Version::v5, Version::v311}) {
    auto client = connected(version);
    burst(client, 60);
    expect_limited("publishes", "session", ++times);
    EXPECT_GE(ping(client), 200ms) << "slowed down first";
    ++times;
    burst(client, 30);
    client.expect_disconnect({0x96});
  }
  EXPECT_EQ(metrics().sum("trellis_mqtt_disconnects_total", R"(reason="message_rate_too_high")"), 2);
}

TEST_F(MqttRates, KeepAliveDoesNotRunOutWhileTheBrokerDoesNotRead) {
  with(R"("publishes_per_second": 10)");
  auto client = connected(Version::v5, {.keep_alive = 1});
  burst(client, 60);
  expect_limited("publishes", "session");
  EXPECT_GE(ping(client), 2s) << "longer than one and a half times the keep alive";
}

TEST_F(MqttRates, DeliveriesPerSecond) {
  with(R"("deliveries_per_second": 20)");
  for (const auto qos : std::initializer_list<std::uint8_t>{0, 1}) {
    auto subscriber = subscribed(Version::v5, {.filter = unique(), .qos = qos});
    auto publisher = connected();
    const auto begin = std::chrono::steady_clock::now();
    burst(publisher, 40);
    expect_messages(subscriber, 40);
    publisher.publish({.topic = unique(), .payload = "late", .qos = qos});
    subscriber.expect_publish("late");
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 800ms);
  }
  EXPECT_GE(limited("deliveries", "session"), 2);
}

TEST_F(MqttRates, DeliveryBytesPerSecondAndThoseOfAllTogether) {
  for (const std::string scope : {"", "namespace_"}) {
    for (const std::string rate : {"deliveries", "delivery_bytes"}) {
      if (scope.empty() && rate == "deliveries") continue;
      with('"' + scope + rate + R"(_per_second": )" + (rate == "deliveries" ? "20" : "20000"));
      auto subscriber = subscribed(Version::v5, {.filter = unique()});
      auto publisher = connected();
      const auto begin = std::chrono::steady_clock::now();
      burst(publisher, 40, 1000);
      expect_messages(subscriber, 40);
      publisher.publish({.topic = unique(), .payload = "late"});
      subscriber.expect_publish("late");
      EXPECT_GE(std::chrono::steady_clock::now() - begin, 800ms) << scope << rate;
      EXPECT_GE(limited(rate, scope.empty() ? "session" : "namespace"), 1) << scope << rate;
    }
  }
}

TEST_F(MqttRates, SubscribesPerSecond) {
  with(R"("subscribes_per_second": 2)");
  for (const auto version : {Version::v5, Version::v311}) {
    auto client = connected(version);
    EXPECT_EQ(client.subscribe({{.filter = "a"}}).reasons.at(0), 0);
    EXPECT_EQ(client.subscribe({{.filter = "b"}}).reasons.at(0), 0);
    EXPECT_EQ(client.subscribe({{.filter = "c"}, {.filter = "d"}}).reasons,
              std::vector<std::uint8_t>(2, version == Version::v5 ? 0x97 : 0x80));
    const auto answer = client.unsubscribe({"a"});
    if (version == Version::v5) {
      EXPECT_EQ(answer.reasons.at(0), 0) << "who wants less is not refused";
    }
    EXPECT_GE(ping(client), 200ms) << "but waits";
    EXPECT_EQ(connected(version).subscribe({{.filter = "c"}}).reasons.at(0), 0) << "others may";
  }
  EXPECT_GE(limited("subscribes", "session"), 4);
  EXPECT_EQ(metrics().sum("trellis_mqtt_subscribe_refused_total", R"(reason="quota_exceeded")"), 4);
}

TEST_F(MqttRates, SubscribesPerSecondOfAllTogether) {
  with(R"("namespace_subscribes_per_second": 2)");
  for (int i = 0; i < 2; ++i) EXPECT_EQ(connected().subscribe({{.filter = "a"}}).reasons.at(0), 0);
  EXPECT_EQ(connected().subscribe({{.filter = "a"}}).reasons.at(0), 0x97);
  EXPECT_EQ(limited("subscribes", "namespace"), 1);
}

TEST_F(MqttRates, ConnectsPerSecond) {
  with(R"("connects_per_second": 1)");
  const auto again = [&](Version version) {
    auto client = open(version);
    client.send_connect({.client_id = unique("same")});
    return client.expect(PacketType::connack).reason;
  };
  EXPECT_EQ(again(Version::v5), 0);
  EXPECT_EQ(again(Version::v5), 0x9F);
  EXPECT_EQ(again(Version::v311), 3);
  connected().expect_nothing();
  pass_a_second();
  EXPECT_EQ(again(Version::v311), 0);
  EXPECT_EQ(limited("connects", "session"), 2);
  EXPECT_EQ(metrics().sum("trellis_mqtt_connect_refused_total", R"(reason="connection_rate_exceeded")"), 2);
}

TEST_F(MqttRates, ConnectsPerSecondAreNotSpentByStrangers) {
  start({.plugins = R"("authenticator-anonymous": {"config": {"any_credentials": false}})",
         .mqtt = R"("connects_per_second": 1)"});
  auto stranger = open();
  stranger.send_connect({.client_id = unique("same"), .username = "x", .password = "y"});
  EXPECT_GE(stranger.expect(PacketType::connack).reason, 0x80);
  connected(Version::v5, {.client_id = unique("same")}).expect_nothing();
}

TEST_F(MqttRates, ConnectsPerSecondOfAllTogetherHoldAcrossShards) {
  start({.shards = 4, .mqtt = R"("namespace_connects_per_second": 5)"});
  std::vector<RawClient> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(connected());
  auto surplus = open();
  surplus.send_connect({.client_id = unique("surplus")});
  surplus.expect_refused({0x9F});
  EXPECT_EQ(limited("connects", "namespace"), 1);
}

}  // namespace
}  // namespace trellis::testing

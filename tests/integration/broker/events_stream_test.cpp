// MQTT clients that take events from the queue of an event subscription, beside others that do and clients over HTTP.
#include <gmock/gmock.h>

#include <algorithm>
#include <csignal>
#include <set>

#include "json.hpp"
#include "support/command.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kQueue = "$queue/orders/audit";

class EventsStream : public SiteTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  Site site() const {
    return {.shards = GetParam(),
            .plugins = R"("store-journal": {"config": {"path": "store"}}, "authorizer-acl": {"config": {"file": ")" +
                       rights_.path() + R"(/acl", "watch_interval": "100ms"}},
                          "service-events": {"config": {"wide_ranges": true, "access": {"anonymous": true})" +
                       settings_ + "}}",
            .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/": "service-events"}},)",
            .root = R"("store": "store-journal", "resources": ")" + folder_.path() + R"(")",
            .authorizers = authorizers_};
  }
  void resources(const std::string& properties = "{}", const std::string& topic = "{}") {
    folder_.write("events.json", R"({"topics": {"orders": )" + topic + R"(}, "eventSubscriptions": {"orders/audit": )" +
                                     properties + "}}");
  }
  static std::string queue(const std::string& settings) {
    return R"({"deliveryConfiguration": {"queue": {)" + settings + "}}}";
  }
  HttpAnswer post(const std::string& path, const std::string& query, const std::string& body, const std::string& type) {
    HttpClient client(broker().port("events"));
    client.send("POST " + path + "?api-version=2024-06-01" + query + " HTTP/1.1\r\nhost: localhost\r\ncontent-type: " +
                type + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.receive();
  }
  static std::string event(const std::string& id) {
    return R"({"specversion":"1.0","id":")" + id + R"(","source":"/shop","type":"order.created"})";
  }
  void publish(const std::string& id) {
    ASSERT_EQ(post("/topics/orders:publish", "", event(id), "application/cloudevents+json").status, 200);
  }
  void publish(int count) {
    std::string batch;
    for (int i = 0; i < count; ++i) batch += (i == 0 ? "[" : ",") + event(std::to_string(i));
    ASSERT_EQ(post("/topics/orders:publish", "", batch + "]", "application/cloudevents-batch+json").status, 200);
  }
  Json::Value receive(int most = 10, const std::string& wait = "0") {
    const auto answer = post("/topics/orders/eventsubscriptions/audit:receive",
                             "&maxEvents=" + std::to_string(most) + "&maxWaitTime=" + wait, "", "application/json");
    EXPECT_EQ(answer.status, 200) << answer.body;
    return parse_json(answer.body)["value"];
  }
  bool acknowledge(const Json::Value& received) {
    const auto answer =
        post("/topics/orders/eventsubscriptions/audit:acknowledge", "",
             R"({"lockTokens":[")" + received["brokerProperties"]["lockToken"].asString() + "\"]}", "application/json");
    return parse_json(answer.body)["succeededLockTokens"].size() == 1;
  }
  /// Goes to the shard that has the topic, and back.
  void pass_the_topic() {
    const std::string nothing = R"({"lockTokens":["none"]})";
    EXPECT_EQ(post("/topics/orders/eventsubscriptions/audit:acknowledge", "", nothing, "application/json").status, 200);
  }
  /// A client of the queue.
  RawClient taking(Version version = Version::v5, const Connect& connect = {}) {
    RawClient client = connected(version, connect);
    EXPECT_EQ(client.subscribe({{.filter = kQueue, .qos = 1}}).reasons.at(0), 1);
    return client;
  }
  static std::string id_of(const Packet& event) { return parse_json(event.payload)["id"].asString(); }
  static std::string count_of(const Packet& event) {
    for (const auto& [name, value] : event.properties.user_properties()) {
      if (name == "deliverycount") return value;
    }
    return "";
  }

  void may_read(const std::string& topic) { rights_.write("acl", "topic read " + topic + "\n"); }
  void SetUp() override { may_read("news"); }

  TemporaryDirectory folder_;
  TemporaryDirectory rights_;
  std::string settings_;
  std::string authorizers_ = R"("authorizer-allow-all")";
};
INSTANTIATE_TEST_SUITE_P(Shards, EventsStream, ::testing::Values(1U, 2U));

TEST_P(EventsStream, ASessionTakesFromAsManyQueuesAsItMay) {
  folder_.write("events.json",
                R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/audit": {}, "orders/more": {}}})");
  Site one = site();
  one.mqtt = R"("queue_subscriptions": 1)";
  start(one);
  RawClient client = taking();
  EXPECT_EQ(client.subscribe({{.filter = "$queue/orders/more", .qos = 1}}).reasons.at(0), 0x97);
  client.unsubscribe({kQueue});
  EXPECT_EQ(client.subscribe({{.filter = "$queue/orders/more", .qos = 1}}).reasons.at(0), 1);
}

TEST_P(EventsStream, EventsComeAndAreSettledByPuback) {
  resources();
  start(site());
  publish("a");
  RawClient client = connected();
  const auto suback = client.subscribe({{.filter = kQueue, .qos = 2}}, Properties().add(Prop::subscription_id, 7));
  EXPECT_EQ(suback.reasons.at(0), 1);
  publish("b");
  for (const char* id : {"a", "b"}) {
    const Packet event = client.expect(PacketType::publish);
    EXPECT_EQ(event.topic, kQueue);
    EXPECT_EQ(event.qos, 1);
    EXPECT_EQ(id_of(event), id);
    EXPECT_EQ(count_of(event), "1");
    EXPECT_EQ(event.properties.text(Prop::content_type), "application/cloudevents+json; charset=utf-8");
    EXPECT_EQ(event.properties.number(Prop::subscription_id), 7U);
    client.send_ack(PacketType::puback, event.packet_id);
  }
  expect_metric("trellis_events_acknowledged_total", R"(outcome="success")", 2);
  expect_metric("trellis_events_locked", "", 0);
  EXPECT_TRUE(receive().empty());
}

TEST_P(EventsStream, ANegativePubackReleases) {
  resources();
  start(site());
  publish("a");
  RawClient client = taking();
  Packet event = client.expect(PacketType::publish);
  client.send_ack(PacketType::puback, event.packet_id, 0x80);
  event = client.expect(PacketType::publish);
  EXPECT_EQ(id_of(event), "a");
  EXPECT_EQ(count_of(event), "2");
  EXPECT_FALSE(event.dup);
}

TEST_P(EventsStream, ALockThatEndsGivesTheEventToWhoIsNext) {
  resources(queue(R"("receiveLockDurationInSeconds": 1)"));
  start(site());
  publish("a");
  RawClient slow = taking(Version::v5, {.properties = Properties().add(Prop::receive_maximum, 1)});
  const Packet event = slow.expect(PacketType::publish);
  const auto received = receive(1, "20");
  ASSERT_EQ(received.size(), 1u);
  EXPECT_EQ(received[0]["brokerProperties"]["deliveryCount"].asInt(), 2);
  slow.send_ack(PacketType::puback, event.packet_id);
  expect_metric("trellis_events_acknowledged_total", R"(outcome="failure")", 1);
  EXPECT_TRUE(acknowledge(received[0]));
}

// Half of what it may have in flight is for events, and other messages are not kept waiting by them.
TEST_P(EventsStream, TheReceiveMaximumIsSharedWithOtherMessages) {
  resources();
  start(site());
  publish(20);
  RawClient publisher = connected();
  RawClient client = taking(Version::v5, {.properties = Properties().add(Prop::receive_maximum, 4)});
  std::vector<Packet> events;
  for (int i = 0; i < 2; ++i) events.push_back(client.expect(PacketType::publish));
  client.expect_nothing();
  client.subscribe({{.filter = "news", .qos = 1}});
  for (int i = 0; i < 5; ++i) publisher.publish({.topic = "news", .payload = "n" + std::to_string(i), .qos = 1});
  std::vector<Packet> news{client.expect_publish("n0"), client.expect_publish("n1")};
  client.expect_nothing();
  client.send_ack(PacketType::puback, events[0].packet_id);
  const Packet next = client.expect(PacketType::publish);
  EXPECT_EQ(id_of(next), "2");
  client.send_ack(PacketType::puback, news[0].packet_id);
  client.expect_publish("n2");
  client.expect_nothing();
}

TEST_P(EventsStream, WhoMayHaveOneInFlightGetsThemInTurn) {
  resources();
  start(site());
  publish(10);
  RawClient publisher = connected();
  RawClient client = connected(Version::v5, {.properties = Properties().add(Prop::receive_maximum, 1)});
  client.subscribe({{.filter = "news", .qos = 1}});
  for (int i = 0; i < 10; ++i) publisher.publish({.topic = "news", .payload = "{}", .qos = 1});
  Packet packet = client.expect(PacketType::publish);
  client.subscribe({{.filter = kQueue, .qos = 1}});
  int events = 0;
  int news = 0;
  int longest = 0;  // of one kind, while there is of both
  int run = 0;
  std::string last;
  std::string order;
  while (true) {
    order += packet.topic == kQueue ? 'e' : 'n';
    ++(packet.topic == kQueue ? events : news);
    run = packet.topic == last ? run + 1 : 1;
    last = packet.topic;
    if (events < 9 && news < 9) longest = std::max(longest, run);
    client.expect_nothing();
    pass_the_topic();  // so that an event is there as well as the next message
    client.expect_nothing();
    client.send_ack(PacketType::puback, packet.packet_id);
    if (events + news == 20) break;
    packet = client.expect(PacketType::publish);
  }
  EXPECT_EQ(events, 10);
  EXPECT_EQ(news, 10);
  EXPECT_LE(longest, 4) << order;
}

TEST_P(EventsStream, WhoCompetesGetsEachEventOnce) {
  constexpr int kEvents = 300;
  resources();
  start(site());
  const Connect few{.properties = Properties().add(Prop::receive_maximum, 20)};
  RawClient first = taking(Version::v5, few);
  RawClient second = taking(Version::v311);
  publish(kEvents);
  std::multiset<std::string> seen;
  int by_http = 0;
  const auto take = [&](RawClient& client) {
    // What it has got before it hears of its own ping.
    client.send_ping();
    while (true) {
      const Packet packet = *client.receive();
      if (packet.type == PacketType::pingresp) return;
      seen.insert(id_of(packet));
      client.send_ack(PacketType::puback, packet.packet_id);
    }
  };
  while (seen.size() < kEvents) {
    for (const Json::Value& one : receive(10)) {
      seen.insert(one["event"]["id"].asString());
      EXPECT_TRUE(acknowledge(one));
      ++by_http;
    }
    take(first);
    take(second);
  }
  for (int i = 0; i < kEvents; ++i) EXPECT_EQ(seen.count(std::to_string(i)), 1u) << i;
  expect_metric("trellis_events_locked", "", 0);
}

TEST_P(EventsStream, WhatAClientHadThatIsGoneComesToOthers) {
  resources();
  start(site());
  publish("a");
  RawClient gone = taking();
  gone.expect(PacketType::publish);
  gone.reset();
  RawClient next = taking();
  const Packet event = next.expect(PacketType::publish);
  EXPECT_EQ(id_of(event), "a");
  EXPECT_EQ(count_of(event), "2");
}

TEST_P(EventsStream, WhoUnsubscribesGetsNoMore) {
  resources();
  start(site());
  publish("a");
  RawClient client = taking();
  const Packet event = client.expect(PacketType::publish);
  EXPECT_EQ(client.unsubscribe({kQueue}).reasons.at(0), 0);
  const auto received = receive(1, "20");
  ASSERT_EQ(received.size(), 1u);
  client.send_ack(PacketType::puback, event.packet_id);
  publish("b");
  client.expect_nothing();
  EXPECT_TRUE(acknowledge(received[0]));
}

TEST_P(EventsStream, AResumedSessionHasItsStream) {
  resources();
  start(site());
  for (const bool restarted : {false, true}) {
    publish("a");
    RawClient client = connected(Version::v5, keeping(Version::v5, "device", true));
    client.subscribe({{.filter = kQueue, .qos = 1}});
    const Packet before = client.expect(PacketType::publish);
    client.reset();
    if (restarted) broker().start_again(SIGKILL);
    RawClient back = open();
    EXPECT_TRUE(back.connect(keeping(Version::v5, "device")).session_present);
    const Packet event = back.expect(PacketType::publish);
    EXPECT_EQ(id_of(event), "a");
    EXPECT_EQ(count_of(event), "2");
    EXPECT_FALSE(event.dup);
    back.send_ack(PacketType::puback, event.packet_id);
    expect_metric("trellis_events_acknowledged_total", R"(outcome="success")", 1);
    back.disconnect();
  }
}

TEST_P(EventsStream, ASubscriptionThatIsRemovedAndComesBackGoesOn) {
  resources();
  start(site());
  RawClient client = taking();
  publish("a");
  const Packet event = client.expect(PacketType::publish);
  folder_.write("events.json", R"({"topics": {"orders": {}}})");
  EXPECT_TRUE(reload(site()));
  client.send_ack(PacketType::puback, event.packet_id);
  expect_metric("trellis_events_streams", "", 0);
  client.expect_nothing();
  resources();
  EXPECT_TRUE(reload(site()));
  expect_metric("trellis_events_streams", "", 1);
  publish("b");
  EXPECT_EQ(id_of(client.expect(PacketType::publish)), "b");
}

// Another instance of the plugin takes over what is queued.
TEST_P(EventsStream, AReloadOfThePluginGoesOn) {
  resources();
  start(site());
  RawClient client = taking();
  publish("a");
  Packet event = client.expect(PacketType::publish);
  settings_ = R"(, "locked_events": 5000)";
  EXPECT_TRUE(reload(site()));
  client.send_ack(PacketType::puback, event.packet_id);
  event = client.expect(PacketType::publish);
  EXPECT_EQ(id_of(event), "a");
  EXPECT_EQ(count_of(event), "2");
  client.send_ack(PacketType::puback, event.packet_id);
  publish("b");
  EXPECT_EQ(id_of(client.expect(PacketType::publish)), "b");
}

TEST_P(EventsStream, RightsAreThoseOfSubscribing) {
  resources();
  authorizers_ = R"("authorizer-acl")";
  start(site());
  RawClient client = connected();
  EXPECT_EQ(client.subscribe({{.filter = kQueue, .qos = 1}}).reasons.at(0), 0x87);
  expect_metric("trellis_events_streams", "", 0);
  may_read(kQueue);
  EXPECT_TRUE(eventually([&] { return client.subscribe({{.filter = kQueue, .qos = 1}}).reasons.at(0) == 1; }));
  publish("a");
  client.acknowledge(client.expect(PacketType::publish));
  may_read("news");
  int sent = 0;
  EXPECT_TRUE(eventually([&] {
    publish("more-" + std::to_string(sent++));
    client.send_ping();
    for (Packet packet = *client.receive(); packet.type != PacketType::pingresp; packet = *client.receive()) {
      client.acknowledge(packet);
    }
    return metrics().sum("trellis_events_streams") == 0;
  }));
  may_read(kQueue);
  client.expect(PacketType::publish);
}

TEST_P(EventsStream, BeforeMqtt5TheWholeEventIsThePayload) {
  resources("{}", R"({"mqtt": "binary"})");
  start(site());
  publish("a");
  RawClient old = taking(Version::v311);
  Packet event = old.expect(PacketType::publish);
  EXPECT_EQ(event.payload, this->event("a"));
  old.disconnect();
  RawClient client = taking();
  event = client.expect(PacketType::publish);
  EXPECT_EQ(event.payload, "");
  EXPECT_EQ(event.properties.user_properties().front(), UserProperty("specversion", "1.0"));
  EXPECT_EQ(count_of(event), "2");
}

TEST_P(EventsStream, WhatIsTooLargeForTheClientIsRejected) {
  resources();
  start(site());
  publish(std::string(300, 'x'));
  publish("small");
  RawClient client = taking(Version::v5, {.properties = Properties().add(Prop::maximum_packet_size, 250)});
  EXPECT_EQ(id_of(client.expect(PacketType::publish)), "small");
  expect_metric("trellis_events_dropped_total", R"(reason="rejected")", 1);
  expect_metric("trellis_mqtt_oversized_deliveries_total", "", 1);
}

TEST_P(EventsStream, NobodyPublishesThere) {
  resources();
  start(site());
  RawClient client = taking();
  RawClient publisher = connected();
  EXPECT_EQ(publisher.publish({.topic = kQueue, .payload = "{}", .qos = 1})->reason, 0x87);
  client.expect_nothing();
  RawClient with_will = open();
  with_will.send_connect({.client_id = unique("will"), .will = Will{.topic = kQueue, .payload = "{}"}});
  with_will.expect_refused({0x87});
}

TEST_P(EventsStream, AUsualClientTakesThem) {
  resources();
  start(site());
  publish(50);
  const std::vector<std::string> command{
      "mosquitto_sub", "-p", std::to_string(broker().port()), "-q", "1", "-t", kQueue, "-C", "50", "-W", "30"};
  for (const char* version : {"mqttv311", "mqttv5"}) {
    auto words = command;
    words.insert(words.end(), {"-V", version});
    const auto result = run_command(words);
    EXPECT_EQ(result.code, 0) << result.describe();
    EXPECT_EQ(std::ranges::count(result.out, '\n'), 50) << result.describe();
    EXPECT_THAT(result.out, HasSubstr(event("49")));
    publish(50);
  }
}

}  // namespace
}  // namespace trellis::testing

// Sessions that outlive the process: subscriptions, queues, what is under way, wills.
#include <csignal>
#include <map>
#include <set>

#include "support/site.hpp"

namespace trellis::testing {
namespace {

class KeptSessions : public SiteTest {
 protected:
  static Site site(unsigned shards = 1, const std::string& durability = "written") {
    return {.shards = shards,
            .plugins = R"("store-journal": {"config": {"path": "store"}})",
            .root = R"("store": "store-journal")",
            .space = R"("sessions": {"durability": ")" + durability + R"("})",
            .mqtt = R"("queue_messages": 100000)"};
  }
  void SetUp() override { start(site()); }
  void crash() { broker().start_again(SIGKILL); }

  /// A session of that name with one subscription; its client is gone when this returns.
  void leave_session(const std::string& id, const Filter& filter, const Properties& properties = {}) {
    auto client = connected(Version::v5, keeping(Version::v5, id));
    client.subscribe({filter}, properties);
    client.disconnect();
  }
  /// Goes on with a session that has to be there.
  RawClient resumed(const std::string& id) {
    RawClient client = open();
    EXPECT_TRUE(client.connect(keeping(Version::v5, id)).session_present) << id << "\n" << broker().output();
    return client;
  }
};

TEST_F(KeptSessions, SubscriptionsAndWhatWaitsSurviveACrash) {
  leave_session("s", {.filter = "a/#", .qos = 1, .retain_as_published = true},
                Properties().add(Prop::subscription_id, 7));
  auto publisher = connected();
  publisher.publish({.topic = "a/1", .payload = "before", .qos = 1, .retain = true});
  crash();
  auto later = connected();
  later.publish({.topic = "a/2", .payload = "after", .qos = 2});
  auto client = resumed("s");
  for (const char* payload : {"before", "after"}) {
    const Packet packet = client.expect_publish(payload);
    EXPECT_EQ(packet.qos, 1);
    EXPECT_EQ(packet.retain, packet.topic == "a/1");
    EXPECT_EQ(packet.properties.number(Prop::subscription_id), 7u);
    client.acknowledge(packet);
  }
  client.disconnect();
  broker().start_again(SIGTERM);
  resumed("s").expect_nothing();
}

TEST_F(KeptSessions, WhatWasUnsubscribedAndWhatWasThrownAwayStaysAway) {
  auto client = connected(Version::v5, keeping(Version::v5, "s"));
  client.subscribe({{.filter = "a", .qos = 1}, {.filter = "b", .qos = 1}});
  client.unsubscribe({"a"});
  leave_session("fresh", {.filter = "a", .qos = 1});
  { auto fresh = connected(Version::v5, keeping(Version::v5, "fresh", true)); }
  crash();
  auto publisher = connected();
  EXPECT_EQ(publisher.publish({.topic = "a", .payload = "1", .qos = 1})->reason, 0x10) << "nobody subscribes to it";
  publisher.publish({.topic = "b", .payload = "2", .qos = 1});
  resumed("s").expect_publish("2");
}

TEST_F(KeptSessions, ASessionThatEndsIsGoneFromTheStoreToo) {
  leave_session("s", {.filter = "a", .qos = 1});
  auto publisher = connected();
  publisher.publish({.topic = "a", .payload = "1", .qos = 1});
  RawClient client = open();
  client.connect({.client_id = "s", .clean = true});
  client.disconnect();
  crash();
  RawClient again = open();
  EXPECT_FALSE(again.connect(keeping(Version::v5, "s")).session_present);
  again.subscribe({{.filter = "a", .qos = 1}});
  again.expect_nothing();
}

TEST_F(KeptSessions, ManyMessagesComeInTheirOrder) {
  constexpr int kMany = 3000;
  leave_session("s", {.filter = "a", .qos = 1});
  auto publisher = connected();
  const auto publish = [&](int first, int last) {
    for (int i = first; i < last; ++i) publisher.publish({.topic = "a", .payload = std::to_string(i), .qos = 1});
  };
  publish(0, kMany / 2);
  crash();
  publisher = connected();
  publish(kMany / 2, kMany - 100);
  auto client = resumed("s");
  for (int i = 0; i < kMany; ++i) {
    if (i == 10) publish(kMany - 100, kMany);  // behind those that wait
    const Packet packet = client.expect_publish(std::to_string(i));
    client.acknowledge(packet);
  }
  client.expect_nothing();
  expect_metric("trellis_queue_messages", R"(namespace="default")", 0);
}

class KeptByRule : public KeptSessions, public ::testing::WithParamInterface<unsigned> {
  void SetUp() override {
    Site rules = site(GetParam());
    rules.space = R"("sessions": {"durability": "written"}, "durability": {
      "topics": [{"filter": "now/keep", "level": "synced"}, {"filter": "now/#", "level": "volatile"}],
      "clients": [{"name": "passing-*", "level": "volatile"}]})";
    start(rules);
  }
};
INSTANTIATE_TEST_SUITE_P(Shards, KeptByRule, ::testing::Values(1u, 2u));

TEST_P(KeptByRule, TopicsAndClientsAreKeptAsTheirRuleSays) {
  for (const char* name : {"s1", "s2", "passing-1"}) leave_session(name, {.filter = "#", .qos = 1});
  auto publisher = connected();
  for (const char* topic : {"now/1", "now/2", "now/keep", "later"})
    publisher.publish({.topic = topic, .payload = topic, .qos = 1, .retain = true});
  auto before = resumed("s1");
  std::set<std::string> came;
  for (int i = 0; i < 4; ++i) came.insert(before.expect(PacketType::publish).payload);
  EXPECT_EQ(came.size(), 4u) << "while the process lives nothing is left out";
  before.close();
  crash();
  for (const char* name : {"s1", "s2"}) {
    auto client = resumed(name);
    for (const char* payload : {"now/keep", "later"}) client.acknowledge(client.expect_publish(payload));
    client.expect_nothing();
  }
  RawClient gone = open();
  EXPECT_FALSE(gone.connect(keeping(Version::v5, "passing-1")).session_present);
  gone.subscribe({{.filter = "#", .qos = 0}});
  std::set<std::string> retained;
  for (int i = 0; i < 2; ++i) retained.insert(gone.expect(PacketType::publish).payload);
  EXPECT_EQ(retained, (std::set<std::string>{"now/keep", "later"}));
  gone.expect_nothing();
}

TEST_P(KeptByRule, WhatOthersDependOnIsKeptAllTheSame) {
  leave_session("exact", {.filter = "+/exact", .qos = 2});
  leave_session("mixed", {.filter = "#", .qos = 1});
  expect_metric("trellis_mqtt_connections", "", 0);  // with its client a session has room for messages in memory
  auto publisher = connected();
  publisher.publish({.topic = "now/exact", .payload = "2", .qos = 2});
  for (const char* topic : {"later", "now/behind"}) publisher.publish({.topic = topic, .payload = topic, .qos = 1});
  // Who publishes on a volatile topic is not told when the store has it. The turns of a shard come one after another:
  // what an earlier one queued is with the store when a later one has queued more.
  expect_metric("trellis_queue_messages", "", 4);
  publisher.publish({.topic = "then/exact", .payload = "then/exact", .qos = 1});
  expect_metric("trellis_queue_messages", "", 6);
  expect_metric("trellis_store_waiting_bytes", "", 0);
  crash();
  resumed("exact").expect_publish("2");
  auto client = resumed("mixed");
  for (const char* payload : {"later", "now/behind", "then/exact"}) client.acknowledge(client.expect_publish(payload));
}

TEST_F(KeptSessions, RetainedMessagesNotSentYetAreSentAfterACrash) {
  constexpr int kMany = 1000;
  auto publisher = connected();
  for (int i = 0; i < kMany; ++i)
    publisher.publish({.topic = "r/" + std::to_string(i), .payload = "x", .qos = 1, .retain = true});
  auto options = keeping(Version::v5, "s");
  options.properties.add(Prop::receive_maximum, 5);
  auto client = connected(Version::v5, options);
  client.subscribe({{.filter = "r/+", .qos = 1}});
  std::set<std::string> topics;
  for (int i = 0; i < 300; ++i) {
    const Packet packet = client.expect_publish("x");
    topics.insert(packet.topic);
    client.acknowledge(packet);
  }
  crash();
  client = resumed("s");
  for (int left = 2 * kMany; topics.size() < kMany && left > 0; --left) {
    const Packet packet = client.expect_publish("x");
    EXPECT_TRUE(packet.retain);
    topics.insert(packet.topic);
    client.acknowledge(packet);
  }
  EXPECT_EQ(topics.size(), static_cast<std::size_t>(kMany));
}

TEST_F(KeptSessions, WhatIsInMemoryIsNotReadAgain) {
  for (const std::uint8_t qos : {std::uint8_t{1}, std::uint8_t{2}}) {
    const std::string name = "s" + std::to_string(qos);
    auto client = connected(Version::v5, keeping(Version::v5, name));
    client.subscribe({{.filter = name, .qos = qos}, {.filter = "$share/g/" + name + "/shared", .qos = qos}});
    auto publisher = connected();
    publisher.publish({.topic = name, .payload = "leased", .qos = qos});
    client.expect_publish("leased");
    client.close();
    publisher.publish({.topic = name, .payload = "away", .qos = qos});
    publisher.publish({.topic = name + "/shared", .payload = "shared", .qos = qos});
    publisher.publish({.topic = name, .payload = "away too", .qos = qos});
    client = resumed(name);
    std::vector<Packet> packets;
    for (const char* payload : {"leased", "away", "shared", "away too"})
      packets.push_back(client.expect_publish(payload));
    for (const Packet& packet : packets) client.acknowledge(packet);
    client.expect_nothing();
  }
}

TEST_F(KeptSessions, AfterACrashAMessageSentBeforeKeepsItsPacketIdentifierFromOthers) {
  auto publisher = connected();
  auto client = connected(Version::v5, keeping(Version::v5, "s"));
  client.subscribe({{.filter = "a", .qos = 2}});
  std::map<std::string, std::uint16_t> sent;
  for (int i = 0; i < 12; ++i) {  // identifiers are used again in turn, so that their order is not that of messages
    const auto qos = static_cast<std::uint8_t>(1 + i % 2);
    publisher.publish({.topic = "a", .payload = std::to_string(i), .qos = qos});
    const Packet packet = client.expect_publish(std::to_string(i));
    if (i % 3 == 0) client.acknowledge(packet);
    if (i % 3 != 0) sent[packet.payload] = packet.packet_id;
  }
  leave_session("behind", {.filter = "b"});
  crash();
  client = resumed("s");
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const Packet packet = client.expect(PacketType::publish);
    EXPECT_TRUE(packet.dup);
    EXPECT_EQ(packet.packet_id, sent.at(packet.payload)) << packet.payload;
  }
}

TEST_F(KeptSessions, ANameTooLongForTheStoreIsRefusedAndHurtsNobody) {
  Site generous = site();
  generous.mqtt = R"("connect_packet_bytes": "128KiB")";
  start(generous);
  auto other = connected(Version::v5, keeping(Version::v5, "other"));
  RawClient client = open();
  client.send_connect(keeping(Version::v5, std::string(65'533, 'x')));
  client.expect_refused({0x85});
  other.subscribe({{.filter = "a", .qos = 1}});
}

TEST_F(KeptSessions, ACleanStopLosesAndDoublesNothing) {
  start(site(2));
  std::vector<RawClient> members;
  for (int i = 0; i < 4; ++i) {
    members.push_back(connected(Version::v5, keeping(Version::v5, "m" + std::to_string(i))));
    members.back().subscribe({{.filter = "$share/g/a", .qos = 1}});
  }
  auto publisher = connected();
  for (int i = 0; i < 40; ++i) publisher.publish({.topic = "a", .payload = std::to_string(i), .qos = 1});
  broker().start_again(SIGTERM);
  std::multiset<std::string> got;
  for (int i = 0; i < 4; ++i) {
    auto client = resumed("m" + std::to_string(i));
    client.send_ping();
    for (Packet packet = client.receive().value(); packet.type != PacketType::pingresp;
         packet = client.receive().value()) {
      got.insert(packet.payload);
      client.send_ack(PacketType::puback, packet.packet_id);
    }
    client.send_ping();
    client.expect(PacketType::pingresp);
  }
  EXPECT_EQ(got.size(), 40u);
  EXPECT_EQ(std::set<std::string>(got.begin(), got.end()).size(), 40u);
}

TEST_F(KeptSessions, AFullQueueLosesItsOldestAlsoWhereTheyAreInTheStoreAlone) {
  Site small = site();
  small.mqtt = R"("queue_messages": 100, "queue_overflow": "drop_oldest")";
  start(small);
  leave_session("s", {.filter = "a", .qos = 1});
  auto publisher = connected();
  for (int i = 0; i < 450; ++i) publisher.publish({.topic = "a", .payload = std::to_string(i), .qos = 1});
  expect_metric("trellis_queue_messages", R"(namespace="default")", 100);
  expect_metric("trellis_messages_dropped_total", R"(reason="queue_full")", 350);
  crash();
  auto client = resumed("s");
  for (int i = 350; i < 450; ++i) {
    const Packet packet = client.expect_publish(std::to_string(i));
    client.acknowledge(packet);
  }
  client.expect_nothing();
}

TEST_F(KeptSessions, AMessageReceivedExactlyOnceIsNotTakenTwice) {
  leave_session("receiver", {.filter = "a", .qos = 2});
  auto publisher = connected(Version::v5, keeping(Version::v5, "publisher"));
  publisher.send_publish({.topic = "a", .payload = "once", .qos = 2, .packet_id = 9});
  publisher.expect(PacketType::pubrec);
  crash();
  publisher = resumed("publisher");
  publisher.send_publish({.topic = "a", .payload = "once", .qos = 2, .dup = true, .packet_id = 9});
  EXPECT_EQ(publisher.expect(PacketType::pubrec).packet_id, 9);
  publisher.send_ack(PacketType::pubrel, 9);
  EXPECT_EQ(publisher.expect(PacketType::pubcomp).reason, 0);
  crash();
  // The packet id is free again, for another message.
  publisher = resumed("publisher");
  publisher.publish({.topic = "a", .payload = "another", .qos = 2, .packet_id = 9});
  auto receiver = resumed("receiver");
  const Packet once = receiver.expect_publish("once");
  const Packet another = receiver.expect_publish("another");
  receiver.acknowledge(once);
  receiver.acknowledge(another);
  receiver.expect_nothing();
}

TEST_F(KeptSessions, AMessageDeliveredExactlyOnceKeepsItsPacketIdentifier) {
  leave_session("receiver", {.filter = "a", .qos = 2});
  auto publisher = connected();
  for (const char* payload : {"seen", "received"}) publisher.publish({.topic = "a", .payload = payload, .qos = 2});
  auto receiver = resumed("receiver");
  const auto seen = receiver.expect_publish("seen").packet_id;
  const auto received = receiver.expect_publish("received").packet_id;
  receiver.send_ack(PacketType::pubrec, received);
  EXPECT_EQ(receiver.expect(PacketType::pubrel).packet_id, received);
  crash();
  receiver = resumed("receiver");
  std::map<PacketType, Packet> again;
  for (int i = 0; i < 2; ++i) {
    const Packet packet = receiver.receive().value();
    again[packet.type] = packet;
  }
  ASSERT_TRUE(again.contains(PacketType::publish) && again.contains(PacketType::pubrel));
  EXPECT_EQ(again[PacketType::publish].payload, "seen");
  EXPECT_EQ(again[PacketType::publish].packet_id, seen);
  EXPECT_TRUE(again[PacketType::publish].dup);
  EXPECT_EQ(again[PacketType::pubrel].packet_id, received);
  receiver.send_ack(PacketType::pubcomp, received);
  receiver.acknowledge(again[PacketType::publish]);
  receiver.expect_nothing();
}

TEST_F(KeptSessions, AWillIsPublishedThoughTheBrokerCrashed) {
  leave_session("watcher", {.filter = "will/#", .qos = 1});
  Connect connect = keeping(Version::v5, "mortal");
  connect.will = {.topic = "will/now", .payload = "gone", .qos = 1};
  auto mortal = connected(Version::v5, connect);
  connect = keeping(Version::v5, "later");
  connect.will = {.topic = "will/later", .payload = "x", .properties = Properties().add(Prop::will_delay, 60)};
  auto later = connected(Version::v5, connect);
  connect = keeping(Version::v5, "polite");
  connect.will = {.topic = "will/polite", .payload = "x"};
  connected(Version::v5, connect).disconnect();
  leave_session("behind", {.filter = "b"});  // once this is answered, all before it is kept
  crash();
  auto watcher = resumed("watcher");
  const Packet will = watcher.expect_publish("gone");
  EXPECT_EQ(will.topic, "will/now");
  watcher.acknowledge(will);
  resumed("later").disconnect();
  watcher.expect_nothing();
  // Once is enough.
  crash();
  resumed("watcher").expect_nothing();
}

TEST_F(KeptSessions, ASessionExpiresThoughTheBrokerWasAway) {
  Connect brief{.client_id = "brief", .clean = false};
  brief.properties.add(Prop::session_expiry, 1);
  auto client = connected(Version::v5, brief);
  client.subscribe({{.filter = "a", .qos = 1}});
  client.disconnect();
  pass_a_second();
  pass_a_second();
  broker().start_again(SIGTERM);
  RawClient again = open();
  EXPECT_FALSE(again.connect(brief).session_present);
}

TEST_F(KeptSessions, WhatASharedSubscriptionGaveSomebodyAwayGoesToAnother) {
  leave_session("away", {.filter = "$share/g/a", .qos = 1});
  auto publisher = connected();
  publisher.publish({.topic = "a", .payload = "1", .qos = 1});
  crash();
  auto other = connected();
  other.subscribe({{.filter = "$share/g/a", .qos = 1}});
  // Its session ends, so that somebody else has to do it.
  RawClient away = open();
  away.connect({.client_id = "away", .clean = true});
  other.acknowledge(other.expect_publish("1"));
}

TEST_F(KeptSessions, VolatileSessionsEndWithTheProcess) {
  leave_session("kept", {.filter = "a", .qos = 1});
  EXPECT_TRUE(reload(site(1, "volatile")));
  leave_session("volatile", {.filter = "a", .qos = 1});
  crash();
  RawClient client = open();
  EXPECT_FALSE(client.connect(keeping(Version::v5, "volatile")).session_present);
}

}  // namespace
}  // namespace trellis::testing

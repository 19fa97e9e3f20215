// Full queues: each policy does what it says, and the metrics account for every message afterwards.
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class Overflow : public SiteTest {
 protected:
  /// A broker whose queues hold three messages.
  void with(const std::string& policy) {
    start({.mqtt = R"("queue_messages": 3, "queue_overflow": ")" + policy + '"'});
  }
  /// A session that is away and subscribed to unique().
  void leave(const std::string& id, std::uint8_t qos = 1) {
    auto client = connected(Version::v5, keeping(Version::v5, unique(id)));
    client.subscribe({{.filter = unique(), .qos = qos}});
    client.disconnect();
  }
  std::vector<std::uint8_t> publish(int count, std::uint8_t qos = 1) {
    auto publisher = connected();
    std::vector<std::uint8_t> reasons;
    for (int i = 1; i <= count; ++i)
      reasons.push_back(publisher.publish({.topic = unique(), .payload = std::to_string(i), .qos = qos})->reason);
    return reasons;
  }
  void expect_queued(const std::string& id, const std::vector<std::string>& payloads) {
    auto client = open();
    EXPECT_TRUE(client.connect(keeping(Version::v5, unique(id))).session_present);
    for (const auto& payload : payloads) client.acknowledge(client.expect_publish(payload));
    client.expect_nothing();
    client.disconnect();
  }
  void expect_balance() {
    EXPECT_TRUE(eventually([&] { return metrics().unaccounted() == 0; }))
        << http_get(broker().port("admin"), "/metrics").body;
  }
  double dropped(const std::string& reason) {
    return metrics().sum("trellis_messages_dropped_total", "reason=\"" + reason + '"');
  }
};

TEST_F(Overflow, DropOldestKeepsTheNewest) {
  with("drop_oldest");
  leave("away");
  EXPECT_EQ(publish(5), std::vector<std::uint8_t>(5, 0));
  EXPECT_EQ(dropped("queue_full"), 2);
  expect_queued("away", {"3", "4", "5"});
  expect_balance();
}

TEST_F(Overflow, DropNewestKeepsTheOldest) {
  with("drop_newest");
  leave("away");
  EXPECT_EQ(publish(5), std::vector<std::uint8_t>(5, 0));
  EXPECT_EQ(dropped("queue_full"), 2);
  expect_queued("away", {"1", "2", "3"});
  expect_balance();
}

TEST_F(Overflow, TerminateSessionEndsItWithItsQueue) {
  with("terminate_session");
  leave("away");
  publish(4);
  auto client = open();
  EXPECT_FALSE(client.connect(keeping(Version::v5, unique("away"))).session_present);
  EXPECT_EQ(metrics().sum("trellis_queue_messages"), 0);
  EXPECT_EQ(dropped("ended") + dropped("queue_full"), 4);
  expect_balance();
}

TEST_F(Overflow, TerminateSessionDisconnectsAClientThatDoesNotAcknowledge) {
  start({.mqtt = R"("queue_messages": 3, "queue_overflow": "terminate_session", "inflight_messages": 1)"});
  auto slow = connected(Version::v5, keeping(Version::v5, unique("slow")));
  slow.subscribe({{.filter = unique(), .qos = 1}});
  auto lively = subscribed(Version::v5, {.filter = unique(), .qos = 1});
  auto publisher = connected();
  for (int i = 1; i <= 6; ++i) {
    publisher.publish({.topic = unique(), .payload = std::to_string(i), .qos = 1});
    lively.acknowledge(lively.expect_publish(std::to_string(i)));
  }
  slow.expect_publish("1");
  slow.expect_disconnect({0x97, 0x83, 0x80, 0x98});
  expect_balance();
}

TEST_F(Overflow, RejectPublisherTellsItsQuotaIsExceeded) {
  with("reject_publisher");
  leave("away");
  EXPECT_EQ(publish(5), (std::vector<std::uint8_t>{0, 0, 0, 0x97, 0x97}));
  EXPECT_EQ(metrics().sum("trellis_messages_refused_total"), 2);
  expect_queued("away", {"1", "2", "3"});
  EXPECT_EQ(publish(1), std::vector<std::uint8_t>{0}) << "there is room again";
  expect_balance();
}

TEST_F(Overflow, RejectPublisherGivesTheMessageToNobody) {
  with("reject_publisher");
  leave("away");
  publish(3);
  auto present = subscribed(Version::v5, {.filter = unique(), .qos = 1});
  EXPECT_EQ(publish(1), std::vector<std::uint8_t>{0x97});
  present.expect_nothing();
  expect_balance();
}

TEST_F(Overflow, RejectPublisherAnswersQosTwoAtPubrec) {
  with("reject_publisher");
  leave("away", 2);
  publish(3, 2);
  auto publisher = connected();
  const auto id = publisher.send_publish({.topic = unique(), .payload = "4", .qos = 2});
  const auto pubrec = publisher.expect(PacketType::pubrec);
  EXPECT_EQ(pubrec.packet_id, id);
  EXPECT_EQ(pubrec.reason, 0x97);
}

TEST_F(Overflow, RejectPublisherDisconnectsOlderOnes) {
  with("reject_publisher");
  leave("away");
  publish(3);
  auto older = connected(Version::v311);
  older.send_publish({.topic = unique(), .payload = "4", .qos = 1});
  older.expect_closed();
}

TEST_F(Overflow, BytesFillAQueueAsMessagesDo) {
  start({.mqtt = R"("queue_bytes": "4KiB", "queue_overflow": "drop_newest")"});
  leave("away");
  auto publisher = connected();
  for (int i = 0; i < 10; ++i) publisher.publish({.topic = unique(), .payload = std::string(1000, 'x'), .qos = 1});
  const auto now = metrics();
  EXPECT_GE(now.sum("trellis_queue_messages"), 3);
  EXPECT_LE(now.sum("trellis_queue_messages"), 4);
  EXPECT_LE(now.sum("trellis_queue_bytes"), 4096);
  expect_balance();
}

TEST_F(Overflow, DeadLetterTopicGetsWhatAFullQueueDropped) {
  start({.space = R"("dead_letter_topic": "dead")", .mqtt = R"("queue_messages": 3)"});
  auto undertaker = subscribed(Version::v5, {.filter = "dead", .qos = 1});
  leave("away");
  publish(5);
  undertaker.acknowledge(undertaker.expect_publish("1"));
  undertaker.acknowledge(undertaker.expect_publish("2"));
  expect_metric("trellis_messages_dead_lettered_total", "", 2);
  expect_balance();
}

TEST_F(Overflow, DeadLetterTopicGetsWhatAFullQueueRefused) {
  start({.space = R"("dead_letter_topic": "dead")", .mqtt = R"("queue_messages": 3, "queue_overflow": "drop_newest")"});
  auto undertaker = subscribed(Version::v5, {.filter = "dead", .qos = 1});
  leave("away");
  publish(5);
  undertaker.acknowledge(undertaker.expect_publish("4"));
  undertaker.acknowledge(undertaker.expect_publish("5"));
  expect_metric("trellis_messages_dead_lettered_total", "", 2);
  expect_balance();
}

// ---- many at once

class OverflowAtOnce : public Overflow {
 protected:
  /// Sends that many in one piece and answers how many were taken, by PUBACK.
  int publish_at_once(int count, const std::string& payload, bool retain = false) {
    auto publisher = connected();
    std::string bytes;
    for (int i = 1; i <= count; ++i) {
      bytes += Publish{.topic = unique(),
                       .payload = payload,
                       .qos = 1,
                       .retain = retain,
                       .packet_id = static_cast<std::uint16_t>(i)}
                   .encode(Version::v5);
    }
    publisher.send(bytes);
    int taken = 0;
    for (int i = 0; i < count; ++i) taken += publisher.expect(PacketType::puback).reason == 0x00;
    return taken;
  }
};

TEST_F(OverflowAtOnce, WhatIsAcknowledgedIsKept) {
  start({.mqtt = R"("queue_messages": 10, "queue_overflow": "reject_publisher")"});
  leave("away");
  EXPECT_EQ(publish_at_once(60, "m"), 10);
  EXPECT_EQ(metrics().sum("trellis_queue_messages"), 10);
  EXPECT_EQ(dropped("queue_full"), 0);
}

TEST_F(OverflowAtOnce, WhatIsAcknowledgedIsKeptByBytesToo) {
  start({.mqtt = R"("queue_bytes": "10KiB", "queue_overflow": "reject_publisher")"});
  leave("away");
  const int taken = publish_at_once(50, std::string(1000, 'x'));
  EXPECT_GE(taken, 8);
  EXPECT_LE(taken, 10);
  EXPECT_EQ(metrics().sum("trellis_queue_messages"), taken);
  EXPECT_EQ(dropped("queue_full"), 0);
}

TEST_F(OverflowAtOnce, SharedSubscriptionWithoutSpaceRefusesToo) {
  start({.mqtt = R"("queue_messages": 10, "queue_overflow": "reject_publisher")"});
  for (const char* name : {"one", "two"}) {
    auto member = connected(Version::v5, keeping(Version::v5, unique(name)));
    member.subscribe({{.filter = "$share/g/" + unique(), .qos = 1}});
    member.disconnect();
  }
  const int taken = publish_at_once(60, "m");
  EXPECT_EQ(taken, 20);
  EXPECT_EQ(metrics().sum("trellis_queue_messages"), taken);
  EXPECT_EQ(dropped("queue_full"), 0);
}

TEST_F(OverflowAtOnce, WhatIsRefusedIsNotRetained) {
  start({.mqtt = R"("queue_messages": 1, "queue_overflow": "reject_publisher")"});
  leave("away");
  EXPECT_EQ(publish_at_once(1, "first"), 1);
  EXPECT_EQ(publish_at_once(1, "refused", true), 0);
  auto later = subscribed(Version::v5, {.filter = unique()});
  later.expect_nothing();
}

TEST_F(OverflowAtOnce, MessageThatNeverFitsTakesNobodysPlace) {
  start({.mqtt = R"("queue_bytes": "10KiB", "queue_overflow": "drop_oldest")"});
  leave("away");
  publish_at_once(3, "small");
  publish_at_once(1, std::string(20'000, 'x'));
  EXPECT_EQ(metrics().sum("trellis_queue_messages"), 3);
  EXPECT_EQ(dropped("queue_full"), 1);
}

TEST_F(OverflowAtOnce, RetainedMessagesTakeNoPlaceInTheQueue) {
  start({.mqtt = R"("queue_bytes": "10KiB", "queue_overflow": "terminate_session", "inflight_messages": 1)"});
  auto publisher = connected();
  for (int i = 0; i < 20; ++i) {
    publisher.publish(
        {.topic = unique("r" + std::to_string(i)), .payload = std::string(1000, 'x'), .qos = 1, .retain = true});
  }
  auto slow = connected(Version::v5, keeping(Version::v5, unique("slow")));
  slow.subscribe({{.filter = "#", .qos = 1}});
  publisher.publish({.topic = unique("live"), .payload = "live", .qos = 1});
  EXPECT_EQ(dropped("queue_full"), 0);
  EXPECT_EQ(metrics().sum("trellis_queue_messages"), 21);
}

TEST_F(OverflowAtOnce, SameFilterAgainAndAgainDoesNotPileUpRetainedMessages) {
  start({.shards = 2});
  auto publisher = connected();
  for (int i = 0; i < 1000; ++i) {
    publisher.send_publish({.topic = unique(std::to_string(i)), .payload = "r", .retain = true});
  }
  publisher.send_ping();
  publisher.expect(PacketType::pingresp);
  auto greedy = connected();
  greedy.send_subscribe({.filters = std::vector<Filter>(20'000, {.filter = "#"})});
  EXPECT_TRUE(eventually([&] { return metrics().sum("trellis_subscriptions") > 0; }));
  EXPECT_LE(metrics().sum("trellis_messages_matched_total"), 200'000);
}

// ---- the whole account, after everything at once

class Accounting : public Overflow, public ::testing::WithParamInterface<unsigned> {};

TEST_P(Accounting, HoldsAfterAMixedRun) {
  start({.shards = GetParam(), .mqtt = R"("queue_messages": 20, "queue_overflow": "drop_oldest")"});
  std::vector<RawClient> present;
  for (const auto version : {Version::v31, Version::v311, Version::v5})
    for (const auto qos : kEachQos) present.push_back(subscribed(version, {.filter = unique("/#"), .qos = qos}));
  for (const char* id : {"a", "b", "c", "d"}) {
    auto client = connected(Version::v5, keeping(Version::v5, unique(id)));
    client.subscribe({{.filter = unique("/#"), .qos = 2}});
    if (*id != 'a') client.reset();
  }
  auto small = connected(Version::v5, {.properties = Properties().add(Prop::maximum_packet_size, 60)});
  small.subscribe({{.filter = unique("/#"), .qos = 1}});
  auto publisher = connected();
  for (int i = 0; i < 90; ++i) {
    Publish message{.topic = unique("/" + std::to_string(i % 7)),
                    .payload = std::to_string(i) + std::string(i % 2 == 0 ? 100 : 1, '.'),
                    .qos = static_cast<std::uint8_t>(i % 3)};
    if (i % 5 == 0) message.properties.add(Prop::message_expiry, 1);
    publisher.publish(message);
  }
  pass_a_second();
  for (auto& client : present) {
    // Half of them read, one goes in the middle of it.
    if (&client == &present[2]) client.reset();
    if (&client == &present[4] || &client == &present[7]) drain(publisher, client);
  }
  auto returning = open();
  returning.connect(keeping(Version::v5, unique("b")));
  returning.acknowledge(returning.expect(PacketType::publish));
  returning.reset();
  connected(Version::v5, {.client_id = unique("c"), .clean = true}).disconnect();

  expect_balance();
  const auto now = metrics();
  EXPECT_GT(now.sum("trellis_messages_delivered_total"), 0);
  EXPECT_GT(now.sum("trellis_queue_messages"), 0);
  EXPECT_GT(now.sum("trellis_messages_expired_total"), 0);
  for (const char* reason : {"offline", "queue_full", "too_large", "ended"}) EXPECT_GT(dropped(reason), 0) << reason;
}

INSTANTIATE_TEST_SUITE_P(Shards, Accounting, ::testing::Values(1u, 2u, 4u),
                         [](const auto& shards) { return "of" + std::to_string(shards.param); });

}  // namespace
}  // namespace trellis::testing

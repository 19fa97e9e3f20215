// Slow subscribers and fast publishers: nobody pays for another, memory stays bounded, nothing acknowledged is lost.
#include <thread>

#include "support/site.hpp"

namespace trellis::testing {
namespace {

class Pressure : public SiteTest {};

TEST_F(Pressure, StalledSubscriberStaysWithinItsLimitAndShowsInMetrics) {
  start({.shards = 2,
         .listener = R"("output_bytes": "64KiB")",
         .mqtt = R"("queue_messages": 50, "queue_overflow": "drop_oldest")"});
  const auto topic = unique();
  auto stalled = subscribed(Version::v5, {.filter = topic, .qos = 1});
  auto lively = subscribed(Version::v5, {.filter = topic, .qos = 1});
  auto publisher = connected();
  const std::string payload(20'000, 'x');
  for (int i = 0; i < 600; ++i) {
    publisher.publish({.topic = topic, .payload = payload, .qos = 1});
    lively.acknowledge(lively.expect(PacketType::publish));
  }
  expect_metric("trellis_messages_delivered_total", "", 600);  // the last acknowledgement is on its way
  // What is under way to the stalled one is bounded by its output, what waits by the queue.
  const auto now = metrics();
  EXPECT_GT(now.sum("trellis_messages_dropped_total", R"(reason="queue_full")"), 0);
  EXPECT_LE(now.sum("trellis_queue_messages"), 600 - now.sum("trellis_messages_dropped_total"));
  EXPECT_EQ(now.sum("trellis_messages_matched_total"), now.sum("trellis_messages_delivered_total") +
                                                           now.sum("trellis_queue_messages") +
                                                           now.sum("trellis_messages_dropped_total"));
}

TEST_F(Pressure, StalledSubscriberThatResetsIsForgotten) {
  start({.listener = R"("output_bytes": "64KiB")"});
  const auto topic = unique();
  auto stalled = subscribed(Version::v5, {.filter = topic});
  auto publisher = connected();
  for (int i = 0; i < 300; ++i) publisher.publish({.topic = topic, .payload = std::string(50'000, 'x'), .qos = 1});
  stalled.reset();
  expect_metric("trellis_mqtt_connections", "", 1);
  expect_metric("trellis_queue_bytes", "", 0);
}

TEST_F(Pressure, PublishersAreSlowedBeforeMemoryPassesTheWatermark) {
  constexpr double kLimit = 8.0 * 1024 * 1024;
  constexpr int kMessages = 2000;
  start({.limits = R"("memory": "8MiB")", .mqtt = R"("queue_messages": 100000, "queue_bytes": "1GiB")"});
  const auto topic = unique();
  auto subscriber = connected();
  subscriber.subscribe({{.filter = topic, .qos = 1}});
  auto publisher = connected();
  publisher.set_deadline(std::chrono::seconds(60));
  std::thread sender([&] {
    // Never more on the way than the broker allows; the subscriber reads nothing yet.
    int acknowledged = 0;
    for (int sent = 0; sent < kMessages; ++sent) {
      publisher.send_publish({.topic = topic, .payload = std::to_string(sent) + std::string(16'000, '.'), .qos = 1});
      for (; sent - acknowledged >= 500; ++acknowledged) publisher.expect(PacketType::puback);
    }
    for (; acknowledged < kMessages; ++acknowledged) publisher.expect(PacketType::puback);
  });
  EXPECT_TRUE(eventually([&] { return metrics().sum("trellis_reads_paused_total") > 0; }));
  const auto held = metrics().sum("trellis_queue_bytes");
  subscriber.set_deadline(std::chrono::seconds(60));
  for (int i = 0; i < kMessages; ++i) {
    const auto message = subscriber.expect(PacketType::publish);
    ASSERT_EQ(message.payload.substr(0, message.payload.find('.')), std::to_string(i)) << "lost or out of order";
    subscriber.acknowledge(message);
  }
  sender.join();
  // What comes between two looks is on top: a MiB, and a read.
  EXPECT_LT(held, 1.5 * kLimit);
  expect_metric("trellis_queue_messages", "", 0);
  EXPECT_EQ(metrics().sum("trellis_messages_dropped_total"), 0);
}

TEST_F(Pressure, OthersAreServedWhileAPublisherIsSlowed) {
  start({.shards = 2,
         .limits = R"("memory": "1MiB", "away_memory": "1GiB")",
         .mqtt = R"("queue_messages": 100000, "queue_bytes": "1GiB")"});
  const auto away = unique("/away");
  connected(Version::v5, keeping(Version::v5, unique("away"))).subscribe({{.filter = away, .qos = 1}});
  auto flooder = connected();
  // More than the limit, what comes between two looks at it, and a read.
  for (int i = 0; i < 220; ++i) flooder.send_publish({.topic = away, .payload = std::string(16'000, 'x'), .qos = 1});
  EXPECT_TRUE(eventually([&] { return metrics().sum("trellis_reads_paused_total") > 0; }));
  auto client = subscribed(Version::v5, {.filter = unique(), .qos = 1});
  client.set_deadline(kPatience);
  client.send_ping();
  client.expect(PacketType::pingresp);
  auto publisher = connected();
  publisher.set_deadline(kPatience);
  publisher.publish({.topic = unique(), .payload = "still served", .qos = 1});
  client.acknowledge(client.expect_publish("still served"));
}

TEST_F(Pressure, SessionsThatAreAwayDoNotSlowPublishers) {
  start({.shards = 2,
         .limits = R"("memory": "16MiB", "away_memory": "4MiB")",
         .mqtt = R"("queue_messages": 100000, "queue_bytes": "1GiB", "queue_overflow": "drop_oldest")"});
  const auto topic = unique();
  const auto id = unique("away");
  connected(Version::v5, keeping(Version::v5, id)).subscribe({{.filter = topic, .qos = 1}});
  auto lively = subscribed(Version::v5, {.filter = topic, .qos = 1});
  auto publisher = connected();
  constexpr int kMessages = 2000;  // 32 MB
  for (int i = 0; i < kMessages; ++i) {
    publisher.publish({.topic = topic, .payload = std::to_string(i) + std::string(16'000, '.'), .qos = 1});
    lively.acknowledge(lively.expect(PacketType::publish));
  }
  const auto now = metrics();
  EXPECT_EQ(now.sum("trellis_reads_paused_total"), 0);
  EXPECT_GT(now.sum("trellis_messages_dropped_total", R"(reason="memory")"), 0);
  EXPECT_LT(now.sum("trellis_memory_bytes"), 6.0 * 1024 * 1024);
  EXPECT_GT(now.sum("trellis_memory_bytes"), 2.0 * 1024 * 1024);
  // It finds the newest when it comes back.
  auto back = connected(Version::v5, keeping(Version::v5, id));
  for (int expected = -1; expected != kMessages;) {
    const auto message = back.expect(PacketType::publish);
    const int got = std::stoi(message.payload);
    EXPECT_GT(got, kMessages / 2);
    ASSERT_TRUE(expected < 0 || got == expected) << "a hole before " << got;
    expected = got + 1;
    back.acknowledge(message);
  }
}

TEST_F(Pressure, UnfinishedConnectPacketsCountForMemoryAndAreCutShort) {
  start({.limits = R"("memory": "1MiB")"});
  // Each begins a CONNECT of 60,000 bytes and sends all but the last of them.
  std::vector<RawClient> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(open());
    clients.back().send(std::string("\x10\xe0\xd4\x03", 4) + std::string("\0\4MQTT\5", 7) + std::string(59'900, 'x'));
  }
  EXPECT_TRUE(eventually([&] { return metrics().sum("trellis_connections_refused_total", R"(reason="memory")") > 0; }));
  EXPECT_LT(metrics().sum("trellis_memory_bytes"), 4.0 * 1024 * 1024);
  auto client = connected();
  client.send_ping();
  client.expect(PacketType::pingresp);
  clients.clear();
  expect_metric("trellis_memory_bytes", "", 0);
}

}  // namespace
}  // namespace trellis::testing

// What outlives the process: killed at any moment, the broker comes back with all it acknowledged.
#include <csignal>
#include <map>
#include <random>
#include <set>

#include "support/site.hpp"

namespace trellis::testing {
namespace {

/// How often a crash is tried; the long form is for a night.
int crash_rounds() {
  const char* rounds = std::getenv("TRELLIS_CRASH_ROUNDS");
  return rounds != nullptr ? std::stoi(rounds) : 50;
}

class Kept : public SiteTest {
 protected:
  static Site site(const std::string& durability = "written") {
    return {.shards = 2,
            .plugins = R"("store-journal": {"config": {"path": "store"}})",
            .root = R"("store": "store-journal")",
            .space = R"("retained": {"durability": ")" + durability + R"("})"};
  }
  void SetUp() override { start(site()); }
  void crash() { broker().start_again(SIGKILL); }

  void retain(const std::string& topic, const std::string& payload, Properties properties = {}) {
    auto client = connected();
    client.publish({.topic = topic, .payload = payload, .qos = 1, .retain = true, .properties = std::move(properties)});
  }
  /// What is retained below a topic, by the last level.
  std::map<std::string, std::string> retained(const std::string& above) {
    auto client = connected();
    client.subscribe({{.filter = above + "/end"}});
    client.subscribe({{.filter = above + "/+"}});
    std::map<std::string, std::string> found;
    client.send_publish({.topic = above + "/end", .payload = "end"});
    while (true) {
      const Packet packet = client.expect(PacketType::publish);
      if (packet.topic == above + "/end") return found;
      found[packet.topic.substr(above.size() + 1)] = packet.payload;
    }
  }
};

TEST_F(Kept, ARetainedMessageSurvivesACrashWithAllItSays) {
  Properties properties;
  properties.add(Prop::content_type, "text/plain");
  properties.add(Prop::message_expiry, 3600);
  retain("kept/full", "payload", properties);
  crash();
  auto client = connected();
  client.subscribe({{.filter = "kept/full"}});
  const Packet packet = client.expect_publish("payload");
  EXPECT_TRUE(packet.retain);
  EXPECT_EQ(packet.properties.text(Prop::content_type), "text/plain");
  EXPECT_LE(packet.properties.number(Prop::message_expiry), 3600u);
  EXPECT_GT(packet.properties.number(Prop::message_expiry), 3500u);
}

TEST_F(Kept, TheLastOneCountsAndWhatWasRemovedStaysAway) {
  retain("kept/changed", "1");
  retain("kept/changed", "2");
  retain("kept/removed", "1");
  retain("kept/removed", "");
  for (const int signal : {SIGKILL, SIGTERM}) {
    broker().start_again(signal);
    EXPECT_EQ(retained("kept"), (std::map<std::string, std::string>{{"changed", "2"}})) << "after signal " << signal;
  }
}

TEST_F(Kept, WhatExpiredMeanwhileDoesNotComeBack) {
  Properties brief;
  brief.add(Prop::message_expiry, 0);
  retain("kept/brief", "1", brief);
  crash();
  EXPECT_EQ(retained("kept"), (std::map<std::string, std::string>{}));
}

TEST_F(Kept, VolatileMessagesEndWithTheProcess) {
  retain("kept/before", "1");
  EXPECT_TRUE(reload(site("volatile")));
  retain("kept/volatile", "1");
  crash();
  EXPECT_EQ(retained("kept"), (std::map<std::string, std::string>{}));
}

TEST_F(Kept, SyncedMessagesAreAcknowledgedAndSurvive) {
  EXPECT_TRUE(reload(site("synced")));
  retain("kept/synced", "1");
  crash();
  EXPECT_EQ(retained("kept"), (std::map<std::string, std::string>{{"synced", "1"}}));
}

TEST_F(Kept, AFullStoreRefusesWhatItWouldHaveToKeepAndNothingElse) {
  Site full = site();
  full.plugins = R"("store-journal": {"config": {"path": "full", "free_space": "4000TiB"}})";
  full.shards = 1;
  start(full);
  auto waiting = connected();
  waiting.send_publish({.topic = "kept/1", .payload = "1", .qos = 1, .retain = true});
  auto other = connected();
  other.publish({.topic = "free", .payload = "1", .qos = 1});
  EXPECT_TRUE(eventually([&] {
    other.send_publish({.topic = "kept/2", .payload = "1", .qos = 1, .retain = true});
    const Packet answer = other.expect(PacketType::puback);
    return answer.reason == 0x97;
  })) << broker().output();
  other.publish({.topic = "free", .payload = "2", .qos = 1});
  expect_metric("trellis_keeper_unkept_total", "", 0);
  EXPECT_GE(metrics().sum("trellis_keeper_refused_total"), 1);
  EXPECT_NE(broker().output().find("the store takes nothing at the time"), std::string::npos);
}

TEST_F(Kept, AReloadDoesNotChangeTheStore) {
  Site other = site();
  other.plugins = R"("store-journal": {"config": {"path": "elsewhere"}})";
  EXPECT_FALSE(reload(other));
  EXPECT_NE(broker().output().find("read at start only"), std::string::npos);
  other = site();
  other.root.clear();
  EXPECT_FALSE(reload(other));
}

TEST_F(Kept, OfWhatWasAcknowledgedNothingIsMissingAfterAnyCrash) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr int kTopics = 8;
  std::map<std::string, int> acknowledged;
  std::map<std::string, int> sent;
  int number = 0;
  for (int round = 0; round < crash_rounds(); ++round) {
    auto client = connected();
    std::map<std::uint16_t, std::pair<std::string, int>> under_way;
    for (int left = std::uniform_int_distribution(0, 400)(random); left >= 0; --left) {
      while (under_way.size() < 20) {
        const std::string topic = std::to_string(random() % kTopics);
        sent[topic] = ++number;
        const auto id = client.send_publish({.topic = "crash/" + topic,
                                             .payload = std::to_string(number),
                                             .qos = static_cast<std::uint8_t>(1 + number % 2),
                                             .retain = true});
        under_way[id] = {topic, number};
      }
      const Packet answer = client.receive().value();
      ASSERT_LT(answer.reason, 0x80);
      if (answer.type == PacketType::pubcomp) {
        ++left;
        continue;
      }
      if (answer.type == PacketType::pubrec) client.send_ack(PacketType::pubrel, answer.packet_id);
      const auto [topic, value] = under_way.at(answer.packet_id);
      under_way.erase(answer.packet_id);
      acknowledged[topic] = std::max(acknowledged[topic], value);
    }
    crash();
    const auto found = retained("crash");
    for (const auto& [topic, value] : acknowledged) {
      ASSERT_TRUE(found.contains(topic)) << "round " << round << ", topic " << topic;
      const int now = std::stoi(found.at(topic));
      EXPECT_GE(now, value) << "round " << round << ", topic " << topic;
      EXPECT_LE(now, sent[topic]) << "round " << round << ", topic " << topic;
    }
  }
}

}  // namespace
}  // namespace trellis::testing

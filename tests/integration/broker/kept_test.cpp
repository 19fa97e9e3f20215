// What outlives the process. That nothing of it is missing after any crash is shown in crash_test.cpp.
#include <csignal>
#include <map>

#include "support/site.hpp"

namespace trellis::testing {
namespace {

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
  EXPECT_TRUE(eventually([&] { return count(broker().output(), "the store takes nothing at the time") > 0; }));
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

}  // namespace
}  // namespace trellis::testing

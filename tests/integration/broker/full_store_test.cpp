// A store that is full: whoever publishes for it is told so and does not wait, and what leaves it makes room again.
#include <string>

#include "support/site.hpp"

namespace trellis::testing {
namespace {

class FullStore : public SiteTest {
 protected:
  void SetUp() override {
    start({.plugins = R"("store-memory": {"config": {"memory": "64KiB"}})",
           .root = R"("store": "store-memory")",
           .mqtt = R"("queue_messages": 100000)"});
    auto session = connected(Version::v5, keeping(Version::v5, "away"));
    session.subscribe({{.filter = "for/away", .qos = 1}});
    session.disconnect();
  }
  /// What the broker answers to one message for the session that is away.
  std::uint8_t publish_to(RawClient& publisher) {
    publisher.send_publish({.topic = "for/away", .payload = kBody, .qos = 1});
    return publisher.expect(PacketType::puback).reason;
  }
  /// Publishes until the store is full. How many were taken.
  int fill() {
    auto publisher = connected();
    int taken = 0;
    std::uint8_t reason = 0;
    while ((reason = publish_to(publisher)) < 0x80) ++taken;
    EXPECT_EQ(reason, 0x97);
    EXPECT_GT(taken, 10);
    return taken;
  }

  const std::string kBody = std::string(1000, 'x');
};

TEST_F(FullStore, TellsWhoPublishesAndTakesMoreOnceThereIsRoom) {
  const int taken = fill();
  auto publisher = connected();
  EXPECT_EQ(publish_to(publisher), 0x97) << "and the next one";
  publisher.send_publish({.topic = "kept", .payload = "1", .qos = 1, .retain = true});
  EXPECT_EQ(publisher.expect(PacketType::puback).reason, 0x97);
  publisher.publish({.topic = "for/nobody", .payload = "1", .qos = 1});
  publisher.publish({.topic = "for/nobody", .payload = "1", .qos = 2});
  EXPECT_GE(metrics().sum("trellis_keeper_refused_total"), 3);
  RawClient session = open();
  EXPECT_TRUE(session.connect(keeping(Version::v5, "away")).session_present);
  for (int i = 0; i < taken; ++i) session.acknowledge(session.expect_publish(kBody));
  EXPECT_TRUE(eventually([&] { return publish_to(publisher) < 0x80; }));
  session.expect_publish(kBody);
}

TEST_F(FullStore, RefusesSessionsThatWouldHaveToBeKept) {
  fill();
  for (const auto& [version, reason] : {std::pair{Version::v5, 0x88}, {Version::v311, 3}}) {
    RawClient fresh = open(version);
    fresh.send_connect(keeping(version, "new"));
    EXPECT_EQ(fresh.expect(PacketType::connack).reason, reason);
  }
  connected().publish({.topic = "for/nobody", .payload = "1", .qos = 1});
  RawClient session = open();
  EXPECT_TRUE(session.connect(keeping(Version::v5, "away")).session_present) << "who comes back is let in";
}

TEST_F(FullStore, EndsConnectionsThatCannotBeToldWhy) {
  fill();
  auto old = connected(Version::v311);
  old.send_publish({.topic = "for/away", .payload = kBody, .qos = 1});
  old.expect_closed();
  auto other = connected(Version::v311);
  other.publish({.topic = "for/nobody", .payload = "1", .qos = 1});
}

class FullDisk : public SiteTest {
 protected:
  /// free_space: what is to be left of the disk.
  void begin(const std::string& free_space) {
    start({.plugins = R"("store-journal": {"config": {"path": ")" + folder_.path() + R"(/store", "free_space": ")" +
                      free_space + "\"}}",
           .root = R"("store": "store-journal")"});
  }
  TemporaryDirectory folder_;
};

// Nothing else makes room.
TEST_F(FullDisk, LetsInWhoComesBack) {
  begin("0B");
  auto session = connected(Version::v5, keeping(Version::v5, "away"));
  session.subscribe({{.filter = "for/away", .qos = 1}});
  session.disconnect();
  auto publisher = connected();
  for (const char* const payload : {"1", "2"}) publisher.publish({.topic = "for/away", .payload = payload, .qos = 1});
  EXPECT_TRUE(terminate());
  begin("1024TiB");
  EXPECT_EQ(connected().publish({.topic = "for/away", .payload = "3", .qos = 1})->reason, 0x97);
  RawClient fresh = open();
  fresh.send_connect(keeping(Version::v5, "new"));
  EXPECT_EQ(fresh.expect(PacketType::connack).reason, 0x88);
  RawClient back = open();
  EXPECT_TRUE(back.connect(keeping(Version::v5, "away")).session_present);
  for (const char* const payload : {"1", "2"}) back.acknowledge(back.expect_publish(payload));
}

}  // namespace
}  // namespace trellis::testing

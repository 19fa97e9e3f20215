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

TEST_F(FullStore, EndsConnectionsThatCannotBeToldWhy) {
  fill();
  auto old = connected(Version::v311);
  old.send_publish({.topic = "for/away", .payload = kBody, .qos = 1});
  old.expect_closed();
  auto other = connected(Version::v311);
  other.publish({.topic = "for/nobody", .payload = "1", .qos = 1});
}

}  // namespace
}  // namespace trellis::testing

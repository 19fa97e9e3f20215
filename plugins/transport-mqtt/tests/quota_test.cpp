// Quotas of clients, which an authorizer gives them: kept by name, not by connection.
#include "broker.hpp"

namespace trellis::mqtt {
namespace {

using std::chrono::seconds;

class Quota : public ::testing::Test {
 protected:
  Quota() {
    // The user name is who it is.
    broker.host.on_authenticate([](const testing::Client& client) {
      return testing::AuthOutcome{.verdict = AuthVerdict::allow, .name = client.username.value_or("")};
    });
    broker.host.on_admit([](std::string_view, std::string_view) {
      testing::Admission admission;
      admission.limits.publishes_per_s = 1;
      return admission;
    });
  }
  // Keeps above its rate for some seconds, with a message every half second.
  void hurry(Peer& peer, int seconds_long) {
    for (int i = 0; i < 2 * seconds_long && peer.open(); ++i) {
      publish(peer, 1);
      broker.host.advance(std::chrono::milliseconds(500));
    }
  }
  Peer connect(const std::string& id, const std::string& name) { return broker.connect({.id = id, .username = name}); }
  static void publish(Peer& peer, int messages) {
    std::string packets;
    for (int i = 0; i < messages; ++i) packets += wire::publish({.topic = "t", .payload = "x"});
    peer.send(packets);
  }
  static bool answers_ping(Peer& peer) {
    peer.send(wire::pingreq());
    return !peer.answers().empty();
  }

  Broker broker{R"({"rate_patience": "10s"})"};
};

TEST_F(Quota, IsNotFilledByConnectingAgain) {
  Peer first = connect("a", "ada");
  publish(first, 6);
  first.send(wire::disconnect(0));
  Peer again = connect("b", "ADA");
  again.send(wire::pingreq());
  EXPECT_TRUE(again.answers().empty()) << "it is not read before it has paid";
  broker.host.advance(seconds(6));
  EXPECT_EQ(again.answers().size(), 1U);
}

TEST_F(Quota, IsSharedByAllConnectionsOfAName) {
  Peer one = connect("a", "ada");
  Peer other = connect("b", "ada");
  publish(one, 4);
  publish(other, 1);
  EXPECT_FALSE(answers_ping(other));
}

TEST_F(Quota, OfOthersIsNotTouched) {
  Peer one = connect("a", "ada");
  publish(one, 6);
  Peer other = connect("b", "bob");
  publish(other, 1);
  EXPECT_TRUE(answers_ping(other));
}

TEST_F(Quota, WhoOwesMoreThanTenSecondsMayNotConnectBeforeItHasPaid) {
  Peer first = connect("a", "ada");
  publish(first, 30);
  Peer again = broker.dial();
  EXPECT_EQ(again.ask(wire::connect({.id = "b", .username = "ada"})).at(1), 0x9FU);
  EXPECT_FALSE(again.open());
  broker.host.advance(seconds(20));
  connect("b", "ada");
}

TEST_F(Quota, OfNobodyKnownIsThatOfItsConnection) {
  Peer one = connect("a", "");
  publish(one, 30);
  Peer other = connect("b", "");
  EXPECT_TRUE(answers_ping(other));
}

TEST_F(Quota, UsedUpByAnotherConnectionIsNotItsOwnHaste) {
  Peer hasty = connect("a", "ada");
  Peer slow = connect("b", "ada");
  for (int i = 0; i < 15; ++i) {
    publish(hasty, 3);
    publish(slow, 1);
    broker.host.advance(seconds(2));
  }
  EXPECT_FALSE(hasty.open());
  EXPECT_TRUE(slow.open()) << "one message in two seconds is within the quota";
  Peer other = connect("c", "ada");
  publish(other, 3);
  publish(slow, 1);
  EXPECT_FALSE(answers_ping(slow)) << "it waits nevertheless";
}

TEST_F(Quota, IsOverstrainedByWhoNeverRests) {
  Peer peer = connect("a", "ada");
  hurry(peer, 30);
  const auto answers = peer.answers();
  ASSERT_FALSE(answers.empty());
  EXPECT_EQ(disconnect_reason(answers.back()), 0x96);
}

TEST_F(Quota, BurstsWithRestsBetweenAreSlowEnough) {
  Peer peer = connect("a", "ada");
  for (int i = 0; i < 5; ++i) {
    publish(peer, 3);
    broker.host.advance(seconds(70));
  }
  EXPECT_TRUE(peer.open());
  EXPECT_TRUE(answers_ping(peer));
}

TEST(SessionRate, BurstsWithRestsBetweenAreSlowEnough) {
  Broker broker(R"({"publish_bytes_per_second": 1000, "rate_patience": "1m"})");
  Peer peer = broker.connect();
  const std::string packet = wire::publish({.topic = "t", .payload = std::string(1000, 'x')});
  for (int i = 0; i < 5; ++i) {
    peer.send(packet + packet + packet);
    broker.host.advance(seconds(70));
  }
  EXPECT_TRUE(peer.open());
  for (int i = 0; i < 100 && peer.open(); ++i) {
    peer.send(packet + packet + packet);
    broker.host.advance(seconds(1));
  }
  EXPECT_FALSE(peer.open()) << "without rests it is too fast";
}

TEST(QuotaTable, ForgetsWhoIsAwayAndOwesNothing) {
  QuotaTable table(4);
  const auto here = table.of(0, "here", 0);
  table.of(0, "owes", 0)->publishes.charge(1, 10, 0);
  for (int i = 0; i < 100; ++i) table.of(0, "n" + std::to_string(i), 0);
  EXPECT_LE(table.size(), 10u);
  EXPECT_EQ(table.of(0, "HERE", 0), here) << "who is connected is never forgotten";
  EXPECT_GT(table.of(0, "owes", 0)->owed_ms(0), 0u);
  EXPECT_NE(table.of(1, "here", 0), here);
}

TEST(QuotaTable, IsBoundedThoughEverybodyOwes) {
  QuotaTable table(8);
  for (int i = 0; i < 1000; ++i) table.of(0, "n" + std::to_string(i), 0)->publishes.charge(1, 1000, 0);
  EXPECT_LE(table.size(), 24u);
}

TEST(QuotaTable, NobodySharesThoseOfAnEmptyName) {
  QuotaTable table;
  EXPECT_NE(table.of(0, "", 0), table.of(0, "", 0));
  EXPECT_EQ(table.size(), 0u);
}

}  // namespace
}  // namespace trellis::mqtt

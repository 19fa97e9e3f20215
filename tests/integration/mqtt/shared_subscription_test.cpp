// Shared subscriptions: one member of a group gets each message.
#include <set>

#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class SharedSubscription : public VersionedTest {
 protected:
  std::string shared(const std::string& group = "g") { return "$share/" + unique(group) + "/" + topic_; }
  const std::string topic_ = unique("/topic");
};
TRELLIS_STANDARD_VERSIONS(SharedSubscription);

class SharedSubscriptionV5 : public MqttTest {
 protected:
  std::string shared() { return "$share/" + unique("g") + "/" + topic_; }
  RawClient member(const std::string& id, std::uint8_t qos, std::uint32_t session_s,
                   std::uint32_t receive_maximum = 65535) {
    auto client = open();
    client.connect(
        {.client_id = unique(id),
         .clean = false,
         .properties = Properties().add(Prop::session_expiry, session_s).add(Prop::receive_maximum, receive_maximum)});
    client.subscribe({{.filter = shared(), .qos = qos}});
    return client;
  }
  const std::string topic_ = unique("/topic");
};

TEST_P(SharedSubscription, EachMessageGoesToOneMember) {
  std::vector<RawClient> members;
  for (int i = 0; i < 3; ++i) members.push_back(subscribed({.filter = shared(), .qos = 1}));
  auto publisher = connected();
  for (int i = 0; i < 60; ++i) publisher.publish({.topic = topic_, .payload = std::to_string(i), .qos = 1});
  std::multiset<std::string> all;
  for (auto& member : members) {
    const auto got = drain(publisher, member);
    EXPECT_FALSE(got.empty()) << "one member was left out";
    for (const auto& message : got) all.insert(message.payload);
  }
  EXPECT_EQ(all.size(), 60u);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 60u);
}

TEST_P(SharedSubscription, EachGroupGetsACopy) {
  auto one = subscribed({.filter = shared("one")});
  auto two = subscribed({.filter = shared("two")});
  connected().publish({.topic = topic_, .payload = "x", .qos = 1});
  one.expect_publish("x");
  two.expect_publish("x");
}

TEST_P(SharedSubscription, PlainSubscribersGetEveryMessage) {
  auto member = subscribed({.filter = shared()});
  auto plain = subscribed({.filter = topic_});
  auto publisher = connected();
  for (int i = 0; i < 10; ++i) publisher.publish({.topic = topic_, .payload = std::to_string(i)});
  for (int i = 0; i < 10; ++i) {
    member.expect_publish(std::to_string(i));
    plain.expect_publish(std::to_string(i));
  }
}

TEST_P(SharedSubscription, LeavingAMemberLeavesTheMessagesToTheOthers) {
  auto stays = subscribed({.filter = shared()});
  auto leaves = subscribed({.filter = shared()});
  auto breaks = subscribed({.filter = shared()});
  leaves.unsubscribe({shared()});
  breaks.disconnect();
  auto publisher = connected();
  for (int i = 0; i < 10; ++i) publisher.publish({.topic = topic_, .payload = std::to_string(i)});
  for (int i = 0; i < 10; ++i) stays.expect_publish(std::to_string(i));
  expect_no_more(publisher, leaves);
}

TEST_P(SharedSubscription, WildcardsWorkInsideTheFilter) {
  auto member = subscribed({.filter = "$share/" + unique("g") + "/" + unique("/+/x")});
  connected().publish({.topic = unique("/a/x"), .payload = "x", .qos = 1});
  member.expect_publish("x");
}

TEST_P(SharedSubscription, QosIsTheLowerOfBoth) {
  for (const auto granted : kEachQos) {
    auto member = subscribed({.filter = shared(std::to_string(granted)), .qos = granted});
    connected().publish({.topic = topic_, .payload = "x", .qos = 2});
    EXPECT_EQ(member.expect_publish("x").qos, granted);
  }
}

TEST_P(SharedSubscription, ImpossibleNamesAreRefused) {
  for (const std::string filter :
       {"$share//t", "$share/g", "$share/g/", "$share/a+b/t", "$share/a#b/t", "$share/+/t", "$share/#"}) {
    auto client = connected();
    client.send_subscribe({.filters = {{.filter = filter}}});
    const auto answer = client.receive();
    if (!answer || answer->type == PacketType::disconnect) continue;
    ASSERT_EQ(answer->type, PacketType::suback) << filter;
    EXPECT_GE(answer->reasons.at(0), 0x80) << filter;
  }
}

TEST_P(SharedSubscription, UnsubscribingNeedsTheSameName) {
  auto member = subscribed({.filter = shared()});
  member.unsubscribe({topic_, shared("other")});
  connected().publish({.topic = topic_, .payload = "still", .qos = 1});
  member.expect_publish("still");
}

TEST_F(SharedSubscriptionV5, QosTwoBegunWithAMemberIsCompletedWithIt) {
  auto chosen = member("a", 2, 100);
  auto publisher = connected();
  publisher.publish({.topic = topic_, .payload = "x", .qos = 2});
  const auto first = chosen.expect_publish("x");
  auto other = member("b", 2, 100);
  chosen.reset();
  auto again = open();
  EXPECT_TRUE(again.connect(keeping(Version::v5, unique("a"))).session_present);
  const auto second = again.expect_publish("x");
  EXPECT_EQ(second.packet_id, first.packet_id);
  again.acknowledge(second);
  expect_no_more(publisher, other);
}

TEST_F(SharedSubscriptionV5, QosTwoBegunWithAMemberIsGivenToNobodyElse) {
  auto chosen = member("a", 2, 0);
  auto publisher = connected();
  publisher.publish({.topic = topic_, .payload = "x", .qos = 2});
  chosen.expect_publish("x");
  auto other = member("b", 2, 0);
  chosen.disconnect();
  expect_no_more(publisher, other);
}

TEST_F(SharedSubscriptionV5, QosOneOfADeadMemberIsHandedOn) {
  auto chosen = member("a", 1, 0);
  auto publisher = connected();
  publisher.publish({.topic = topic_, .payload = "x", .qos = 1});
  chosen.expect_publish("x");
  auto other = member("b", 1, 0);
  chosen.reset();
  other.acknowledge(other.expect_publish("x"));
}

TEST_F(SharedSubscriptionV5, MessagesRefusedByAMemberAreGivenToNobodyElse) {
  for (const std::uint8_t qos : {std::uint8_t{1}, std::uint8_t{2}}) {
    auto chosen = member("a", qos, 0);
    auto publisher = connected();
    publisher.publish({.topic = topic_, .payload = "x", .qos = qos});
    const auto message = chosen.expect_publish("x");
    auto other = member("b", qos, 0);
    chosen.send_ack(qos == 1 ? PacketType::puback : PacketType::pubrec, message.packet_id, 0x80);
    chosen.expect_nothing();
    expect_no_more(publisher, other);
    chosen.disconnect();
    other.disconnect();
  }
}

TEST_F(SharedSubscriptionV5, AbsentMemberKeepsWhatWaitsForIt) {
  auto only = member("a", 1, 100);
  only.disconnect();
  connected().publish({.topic = topic_, .payload = "x", .qos = 1});
  auto again = open();
  again.connect(keeping(Version::v5, unique("a")));
  again.expect_publish("x");
}

TEST_F(SharedSubscriptionV5, BusyMemberIsSpared) {
  auto busy = member("a", 1, 0, 1);
  auto idle = member("b", 1, 0);
  auto publisher = connected();
  int idle_got = 0;
  for (int i = 0; i < 20; ++i) publisher.publish({.topic = topic_, .payload = std::to_string(i), .qos = 1});
  idle_got = static_cast<int>(drain(publisher, idle).size());
  EXPECT_GE(idle_got, 15) << "the member that acknowledges nothing was given as much as the other";
}

}  // namespace
}  // namespace trellis::testing

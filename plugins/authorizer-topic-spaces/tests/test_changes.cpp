// What changes acts at once.
#include "site.hpp"

namespace topic_spaces {
namespace {

using Changes = Site;
using trellis::testing::Revoked;

TEST_F(Changes, AnAttributeMovesAConnectedClientToAnotherGroup) {
  client("c1", R"({"type": "mill"})");
  group("presses", "attributes.type = 'press'");
  space("states", {"states"});
  bind("presses", "states", "Publisher");
  const Authenticated connected{.name = "c1", .id = 77};
  EXPECT_FALSE(may(connected, Action::publish, "states"));
  const auto before = host.forgotten_decisions();
  client("c1", R"({"type": "press"})");
  EXPECT_TRUE(may(connected, Action::publish, "states"));
  EXPECT_GT(host.forgotten_decisions(), before);
}

TEST_F(Changes, ABindingThatGoesTakesItsRight) {
  space("states", {"states"});
  bind("$all", "states", "Publisher");
  const Authenticated connected{.name = "c1", .id = 77};
  EXPECT_TRUE(may(connected, Action::publish, "states"));
  EXPECT_EQ(host.remove_resource("permissionBindings", "b100"), "");
  EXPECT_FALSE(may(connected, Action::publish, "states"));
}

TEST_F(Changes, AChangedTemplateCounts) {
  space("states", {"states"});
  bind("$all", "states", "Publisher");
  space("states", {"other"});
  EXPECT_FALSE(publishes("c1", "states"));
  EXPECT_TRUE(publishes("c1", "other"));
}

TEST_F(Changes, DisablingCutsTheClientOff) {
  client("c1", "{}");
  EXPECT_TRUE(host.revoked().empty());
  put("clients/c1", R"({"state": "Disabled"})");
  EXPECT_EQ(host.revoked(), (std::vector<Revoked>{{"default", "c1"}}));
}

TEST_F(Changes, RemovingCutsTheClientOff) {
  client("c1", "{}");
  EXPECT_EQ(host.remove_resource("clients", "c1"), "");
  EXPECT_EQ(host.revoked(), (std::vector<Revoked>{{"default", "c1"}}));
}

TEST_F(Changes, WhatABindingNamesCannotGo) {
  group("presses", "attributes.type = 'press'");
  space("states", {"states"});
  bind("presses", "states", "Publisher");
  EXPECT_NE(host.remove_resource("clientGroups", "presses"), "");
  EXPECT_NE(host.remove_resource("topicSpaces", "states"), "");
}

TEST_F(Changes, ManyClientsArePassedThroughASmallMemory) {
  trellis::testing::TestHost small;
  auto limited = small.load<TopicSpaces>(R"({"remembered_clients": 4, "remembered_decisions": 2})");
  ASSERT_EQ(small.put_resources({{"topicSpaces/own", R"({"topicTemplates": ["${client.authenticationName}"]})"},
                                 {"permissionBindings/own-pub", R"({"clientGroupName": "$all", "topicSpaceName": "own",
                                                               "permission": "Publisher"})"}}),
            "");
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t i = 1; i < 50; ++i) {
      const std::string name = "c" + std::to_string(i);
      EXPECT_EQ(limited.may({.name = name, .id = i}, Action::publish, name), Access::allow);
      EXPECT_EQ(limited.may({.name = name, .id = i}, Action::publish, "c0"), Access::defer);
    }
  }
}

}  // namespace
}  // namespace topic_spaces

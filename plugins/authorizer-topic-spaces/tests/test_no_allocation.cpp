// Counts allocations while questions are answered: once memory is warm there must be none, remembered or not.

#include "common/allocation_count/allocation_count.hpp"
#include "site.hpp"

namespace topic_spaces {
namespace {

using NoAllocation = Site;

TEST_F(NoAllocation, JudgingAKnownClient) {
  client("press-04", R"({"type": "press", "areas": ["north", "south"], "n": 7})");
  group("presses", "attributes.type = 'press'");
  space("states", {"presses/${client.authenticationName}/state", "areas/${client.attributes.areas}/+",
                   "pre-${client.attributes.n}-post-that-is-longer-than-any-small-string/#"});
  space("secrets", {"areas/south/secret/#"});
  bind("presses", "states", "Subscriber");
  bind("presses", "secrets", "Subscriber", "Deny");
  const auto snapshot = Snapshot::read(authorizer.as<TopicSpaces>().host(), "default", {});
  Subject subject{"press-04"};
  subject.attributes = {
      {"type", "press"}, {"areas", std::vector<std::string>{"north", "south"}}, {"n", std::int64_t{7}}};
  const Member member = snapshot->member(subject);
  unsigned allowed = 0;
  std::size_t before = 0;
  for (int round = 0; round < 2; ++round) {
    before = common::allocations();
    for (const char* topic : {"presses/press-04/state", "presses/press-05/state", "areas/north/+", "areas/#", "#",
                              "pre-7-post-that-is-longer-than-any-small-string/x/y/z", "areas/south/secret"}) {
      allowed += snapshot->judge(member, Action::subscribe, topic) == Snapshot::Answer::allowed ? 1 : 0;
    }
  }
  EXPECT_EQ(common::allocations(), before);
  EXPECT_EQ(allowed, 6u);
}

TEST_F(NoAllocation, RememberingADecision) {
  Decisions decisions(8);
  const std::string topic = "a/topic/that/is/longer/than/any/small/string";
  const trellis_identity identity{sizeof identity, 0, {}, {}, nullptr, 0, 5, 0};
  const trellis_access access{sizeof access,        TRELLIS_ACTION_PUBLISH,  &identity, {},
                              trellis::view(topic), trellis::view("default")};
  const Decisions::Question question{trellis::AccessRequest(&access), {1, 0}};
  decisions.keep(question, Access::allow);
  const std::size_t before = common::allocations();
  decisions.keep(question, Access::defer);
  EXPECT_EQ(decisions.find(question), Access::defer);
  EXPECT_EQ(common::allocations(), before);
}

TEST(Decisions, HoldForTheirEpochTheirClientTheirTopicAndTheirNamespace) {
  Decisions decisions(1);
  trellis_identity identity{sizeof identity, 0, {}, {}, nullptr, 0, 5, 0};
  trellis_access access{sizeof access, TRELLIS_ACTION_PUBLISH, &identity, {}, trellis::view("a"), trellis::view("one")};
  decisions.keep({trellis::AccessRequest(&access), {1, 0}}, Access::allow);
  const auto found = [&](std::uint64_t epoch) { return decisions.find({trellis::AccessRequest(&access), {epoch, 0}}); };
  EXPECT_EQ(found(1), Access::allow);
  EXPECT_EQ(found(2), Access::unset);
  access.topic = trellis::view("b");
  EXPECT_EQ(found(1), Access::unset);
  access.topic = trellis::view("a");
  access.name_space = trellis::view("two");
  EXPECT_EQ(found(1), Access::unset);
  access.name_space = trellis::view("one");
  access.action = TRELLIS_ACTION_SUBSCRIBE;
  EXPECT_EQ(found(1), Access::unset);
  access.action = TRELLIS_ACTION_PUBLISH;
  identity.id = 6;
  EXPECT_EQ(found(1), Access::unset);
}

}  // namespace
}  // namespace topic_spaces

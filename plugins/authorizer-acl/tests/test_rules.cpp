// What rule files mean and how mistakes in them are reported.
#include <gtest/gtest.h>

#include "rules.hpp"

namespace acl {
namespace {

RuleSet rules(std::string_view text) {
  std::vector<std::string> errors;
  RuleSet made = RuleSet::parse(text, "acl", errors);
  EXPECT_TRUE(errors.empty()) << errors.front();
  return made;
}

std::vector<std::string> errors_of(std::string_view text) {
  std::vector<std::string> errors;
  RuleSet::parse(text, "acl", errors);
  return errors;
}

Verdict ask(const RuleSet& set, Action action, std::string_view topic, std::string_view user,
            SubscribeRule rule = SubscribeRule::any) {
  return set.decide(action, topic, {.client_id = "m1", .username = user}, rule);
}

constexpr std::string_view kSite =
    "# who may do what\n"
    "topic read public/#\n"
    "\n"
    "user ada\n"
    "topic sensors/#\n"
    "topic deny sensors/secret/#\n"
    "topic write commands/open\r\n"
    "user bob\n"
    "topic read sensors/+/temp\n"
    "pattern readwrite own/%u/%c/#\n";

TEST(Rules, RulesBeforeTheFirstUserAreForAnonymousClientsOnly) {
  const RuleSet set = rules(kSite);
  EXPECT_EQ(ask(set, Action::receive, "public/x", ""), Verdict::allow);
  EXPECT_EQ(ask(set, Action::publish, "public/x", ""), Verdict::none);
  EXPECT_EQ(ask(set, Action::receive, "public/x", "ada"), Verdict::none);
}

TEST(Rules, PublishNeedsWriteAndReceiveNeedsRead) {
  const RuleSet set = rules(kSite);
  EXPECT_EQ(ask(set, Action::publish, "sensors/1/temp", "ada"), Verdict::allow);
  EXPECT_EQ(ask(set, Action::receive, "sensors/1/temp", "bob"), Verdict::allow);
  EXPECT_EQ(ask(set, Action::publish, "sensors/1/temp", "bob"), Verdict::none);
  EXPECT_EQ(ask(set, Action::publish, "commands/open", "ada"), Verdict::allow);
  EXPECT_EQ(ask(set, Action::receive, "commands/open", "ada"), Verdict::none);
}

TEST(Rules, DenyWinsWhereverItStands) {
  const RuleSet set = rules(kSite);
  EXPECT_EQ(ask(set, Action::publish, "sensors/secret/1", "ada"), Verdict::deny);
  EXPECT_EQ(ask(set, Action::receive, "sensors/secret/1", "ada"), Verdict::deny);
  EXPECT_EQ(ask(set, Action::subscribe, "sensors/secret/+", "ada"), Verdict::deny);
  const RuleSet late = rules("user ada\ntopic a/#\npattern deny a/b\n");
  EXPECT_EQ(ask(late, Action::publish, "a/b", "ada"), Verdict::deny);
}

TEST(Rules, AnySubscriptionThatCouldReceiveIsAccepted) {
  const RuleSet set = rules(kSite);
  EXPECT_EQ(ask(set, Action::subscribe, "sensors/#", "bob"), Verdict::allow);
  EXPECT_EQ(ask(set, Action::subscribe, "#", "bob"), Verdict::allow);
  EXPECT_EQ(ask(set, Action::subscribe, "public/#", "bob"), Verdict::none);
  EXPECT_EQ(ask(set, Action::subscribe, "commands/#", "ada"), Verdict::none) << "write only";
}

TEST(Rules, CoveredSubscriptionsMustLieInsideOneRule) {
  const RuleSet set = rules(kSite);
  EXPECT_EQ(ask(set, Action::subscribe, "sensors/+/temp", "bob", SubscribeRule::covered), Verdict::allow);
  EXPECT_EQ(ask(set, Action::subscribe, "sensors/#", "bob", SubscribeRule::covered), Verdict::none);
}

TEST(Rules, PatternsHoldForEverybodyUnderTheirOwnNames) {
  const RuleSet set = rules(kSite);
  EXPECT_EQ(ask(set, Action::publish, "own/eve/m1/x", "eve"), Verdict::allow);
  EXPECT_EQ(ask(set, Action::publish, "own/eve/m2/x", "eve"), Verdict::none);
  EXPECT_EQ(ask(set, Action::publish, "own//m1/x", ""), Verdict::none);
}

TEST(Rules, SectionsOfOneUserAddUpAndNamesMayContainBlanks) {
  const RuleSet set = rules("user a b\ntopic x\nuser c\nuser a b\ntopic read with blank/#\n");
  EXPECT_EQ(ask(set, Action::publish, "x", "a b"), Verdict::allow);
  EXPECT_EQ(ask(set, Action::receive, "with blank/1", "a b"), Verdict::allow);
  EXPECT_EQ(ask(set, Action::receive, "x", "c"), Verdict::none);
  EXPECT_EQ(set.rule_count(), 2u);
}

TEST(Rules, ManyExactTopicsWithDifferentAccess) {
  const RuleSet set = rules("user u\ntopic read b\ntopic write a\ntopic write b\ntopic read c\n");
  EXPECT_EQ(ask(set, Action::publish, "b", "u"), Verdict::allow);
  EXPECT_EQ(ask(set, Action::receive, "b", "u"), Verdict::allow);
  EXPECT_EQ(ask(set, Action::publish, "c", "u"), Verdict::none);
  EXPECT_EQ(ask(set, Action::receive, "a", "u"), Verdict::none);
}

TEST(Rules, EveryMistakeIsReportedWithItsLine) {
  EXPECT_EQ(errors_of("topics a\nuser\n\ntopic reed a\ntopic read\npattern a/#/b\n"),
            (std::vector<std::string>{
                R"(acl:1: found "topics", expected "user", "topic" or "pattern")",
                R"(acl:2: expected a user name after "user")",
                R"(acl:4: found "reed", expected "read", "write", "readwrite" or "deny")",
                "acl:5: the topic is missing",
                "acl:6: '#' must be the last level",
            }));
}

}  // namespace
}  // namespace acl

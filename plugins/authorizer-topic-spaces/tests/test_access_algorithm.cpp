// The rows of the rules for access: groups, topic spaces, bindings, and what comes of them.
#include "site.hpp"

namespace topic_spaces {
namespace {

using Algorithm = Site;

TEST_F(Algorithm, NothingIsAllowedByDefault) {
  EXPECT_FALSE(publishes("press-04", "a"));
  EXPECT_FALSE(subscribes("press-04", "a"));
}

TEST_F(Algorithm, ABindingAllowsItsGroupItsSpaceAndItsActionOnly) {
  client("press-04", R"({"type": "press"})");
  client("mill-01", R"({"type": "mill"})");
  group("presses", "attributes.type = 'press'");
  space("states", {"presses/+/state"});
  bind("presses", "states", "Publisher");
  EXPECT_TRUE(publishes("press-04", "presses/4/state"));
  EXPECT_FALSE(publishes("press-04", "presses/4/rpm"));
  EXPECT_FALSE(publishes("mill-01", "presses/4/state"));
  EXPECT_FALSE(subscribes("press-04", "presses/4/state")) << "two bindings are needed for both directions";
}

TEST_F(Algorithm, EveryClientIsInAll) {
  space("news", {"news/#"});
  bind("$all", "news", "Subscriber");
  EXPECT_TRUE(subscribes("nobody-knows-me", "news/today"));
  EXPECT_TRUE(may({.name = "by-token", .own_attributes = true}, Action::subscribe, "news/#"));
  EXPECT_TRUE(may({}, Action::subscribe, "news/#")) << "anonymous";
}

TEST_F(Algorithm, EachPressPublishesUnderItsOwnNameOnly) {
  client("Press-04", R"({"type": "press"})");
  group("presses", "attributes.type = 'press'");
  space("states", {"presses/${client.authenticationName}/state"});
  bind("presses", "states", "Publisher");
  EXPECT_TRUE(publishes("Press-04", "presses/Press-04/state"));
  EXPECT_FALSE(publishes("Press-04", "presses/press-04/state")) << "templates are case-sensitive";
  EXPECT_FALSE(publishes("Press-04", "presses/Press-05/state"));
  EXPECT_TRUE(publishes("PRESS-04", "presses/Press-04/state")) << "as it is spelled in the registry";
}

TEST_F(Algorithm, ASuffixFollowsTheValue) {
  space("cells", {"lines/${client.authenticationName|.cell2}/rpm"});
  bind("$all", "cells", "Publisher");
  EXPECT_TRUE(publishes("press-04", "lines/press-04.cell2/rpm"));
  EXPECT_FALSE(publishes("press-04", "lines/press-04/rpm"));
}

TEST_F(Algorithm, TextMayTouchAVariableOnBothSides) {
  client("c1", R"({"n": 7})");
  space("areas", {"pre-${client.attributes.n}-post/${client.authenticationName}${client.attributes.n}"});
  bind("$all", "areas", "Publisher");
  EXPECT_TRUE(publishes("c1", "pre-7-post/c17"));
  EXPECT_FALSE(publishes("c1", "pre-8-post/c17"));
}

TEST_F(Algorithm, AnyItemOfAListFits) {
  client("c1", R"({"areas": ["north", "south"]})");
  space("areas", {"areas/${client.attributes.areas}/x"});
  bind("$all", "areas", "Subscriber");
  EXPECT_TRUE(subscribes("c1", "areas/north/x"));
  EXPECT_TRUE(subscribes("c1", "areas/south/x"));
  EXPECT_FALSE(subscribes("c1", "areas/+/x"));
}

TEST_F(Algorithm, AVariableThatRepeatsMeansOneItemEverywhere) {
  client("c1", R"({"areas": ["north", "south"]})");
  space("areas", {"${client.attributes.areas}/to/${client.attributes.areas}"});
  bind("$all", "areas", "Publisher");
  EXPECT_TRUE(publishes("c1", "north/to/north"));
  EXPECT_FALSE(publishes("c1", "north/to/south"));
}

TEST_F(Algorithm, AMissingOrEmptyValueMakesTheTemplateApplyToNobody) {
  client("empty", R"({"line": ""})");
  client("missing", "{}");
  space("lines", {"lines/${client.attributes.line}"});
  bind("$all", "lines", "Publisher");
  EXPECT_FALSE(publishes("empty", "lines/"));
  EXPECT_FALSE(publishes("missing", "lines/"));
  EXPECT_FALSE(publishes("missing", "lines/x"));
}

TEST_F(Algorithm, ValuesWithWildcardsOrSlashesNeverMatch) {
  client("plus", R"({"line": "+"})");
  client("hash", R"({"line": "#"})");
  client("slash", R"({"line": "a/b"})");
  client("inside", R"({"line": "a+b"})");
  space("lines", {"lines/${client.attributes.line}"});
  bind("$all", "lines", "Subscriber");
  bind("$all", "lines", "Publisher");
  EXPECT_FALSE(subscribes("plus", "lines/+"));
  EXPECT_FALSE(subscribes("hash", "lines/#"));
  EXPECT_FALSE(publishes("slash", "lines/a/b"));
  EXPECT_FALSE(subscribes("inside", "lines/a+b"));
}

TEST_F(Algorithm, NobodyPublishesToDollarTopics) {
  space("all-of-it", {"#", "$SYS/#"});
  bind("$all", "all-of-it", "Publisher");
  bind("$all", "all-of-it", "Subscriber");
  EXPECT_FALSE(publishes("c1", "$SYS/x"));
  EXPECT_TRUE(subscribes("c1", "$SYS/x"));
}

TEST_F(Algorithm, AWildcardInTheFirstLevelCoversNoDollarFilter) {
  space("all-of-it", {"#", "+/x"});
  bind("$all", "all-of-it", "Subscriber");
  EXPECT_TRUE(subscribes("c1", "#"));
  EXPECT_FALSE(subscribes("c1", "$SYS/x"));
}

TEST_F(Algorithm, AVariableInTheFirstLevelCoversNoDollarFilterWhateverItIs) {
  client("c1", R"({"root": "$SYS"})");
  space("own", {"${client.attributes.root}/#", "a/${client.attributes.root}"});
  bind("$all", "own", "Subscriber");
  EXPECT_FALSE(subscribes("c1", "$SYS/#"));
  EXPECT_TRUE(subscribes("c1", "a/$SYS"));
}

TEST_F(Algorithm, AFilterIsCoveredByOneTemplateAsAWhole) {
  space("two", {"a/b", "a/c", "d/+"});
  bind("$all", "two", "Subscriber");
  EXPECT_FALSE(subscribes("c1", "a/+"));
  EXPECT_TRUE(subscribes("c1", "d/+"));
  EXPECT_FALSE(subscribes("c1", "d/#"));
}

TEST_F(Algorithm, ARestCoversItsParent) {
  space("rest", {"a/#"});
  bind("$all", "rest", "Subscriber");
  EXPECT_TRUE(subscribes("c1", "a"));
  EXPECT_TRUE(subscribes("c1", "a/#"));
  EXPECT_FALSE(subscribes("c1", "#"));
}

TEST_F(Algorithm, AttributesOfATokenCountInsteadOfTheRegistrys) {
  client("c1", R"({"type": "press"})");
  group("presses", "attributes.type = 'press'");
  space("states", {"states/#"});
  bind("presses", "states", "Publisher");
  EXPECT_TRUE(publishes("c1", "states/x"));
  EXPECT_FALSE(may({.name = "c1", .own_attributes = true}, Action::publish, "states/x")) << "a token without claims";
  EXPECT_TRUE(may({.name = "c2", .attributes = {{"type", R"("press")"}}}, Action::publish, "states/x"));
}

TEST_F(Algorithm, ADisabledClientMayNothingWhateverItCameWith) {
  space("all-of-it", {"#"});
  bind("$all", "all-of-it", "Publisher");
  put("clients/c1", R"({"state": "Disabled"})");
  EXPECT_EQ(authorizer.may({.name = "c1"}, Action::publish, "a"), Access::deny);
  EXPECT_EQ(authorizer.may({.name = "C1", .own_attributes = true}, Action::publish, "a"), Access::deny);
  const auto admission = authorizer.admit({.name = "c1"});
  EXPECT_EQ(admission.status, trellis::Status::not_authorized);
  EXPECT_EQ(admission.reason, "the client is disabled");
}

TEST_F(Algorithm, WhatNoBindingSpeaksOfIsLeftToTheNextAuthorizer) {
  EXPECT_EQ(authorizer.may({.name = "c1"}, Action::publish, "a"), Access::defer);
}

TEST_F(Algorithm, ADenyOutweighsWhatIsAllowed) {
  client("guest", R"({"kind": "guest"})");
  client("staff", "{}");
  group("guests", "attributes.kind = 'guest'");
  space("all-of-it", {"#"});
  space("secrets", {"secret/#"});
  for (const std::string permission : {"Publisher", "Subscriber"}) {
    bind("$all", "all-of-it", permission);
    bind("guests", "secrets", permission, "Deny");
  }
  EXPECT_TRUE(publishes("staff", "secret/x"));
  EXPECT_FALSE(publishes("guest", "secret/x"));
  EXPECT_TRUE(publishes("guest", "open/x"));
  EXPECT_FALSE(subscribes("guest", "#")) << "it would bring secrets too";
  EXPECT_FALSE(subscribes("guest", "+/x"));
  EXPECT_FALSE(subscribes("guest", "secret"));
  EXPECT_TRUE(subscribes("guest", "open/#"));
  EXPECT_EQ(authorizer.may({.name = "guest"}, Action::subscribe, "secret/x"), Access::deny);
}

TEST_F(Algorithm, ADenyWithAVariableTheClientLacksDeniesNothing) {
  space("all-of-it", {"#"});
  space("lines", {"lines/${client.attributes.line}/#"});
  bind("$all", "all-of-it", "Subscriber");
  bind("$all", "lines", "Subscriber", "Deny");
  client("c1", R"({"line": "a"})");
  EXPECT_TRUE(subscribes("c0", "lines/#"));
  EXPECT_FALSE(subscribes("c1", "lines/#"));
  EXPECT_TRUE(subscribes("c1", "lines/b"));
}

TEST_F(Algorithm, OfSeveralGroupsTheStrictestQuotaCounts) {
  put("clientGroups/slow", R"({"query": "attributes.a = 1", "quotas": {"publishesPerSecond": 5, "sessions": 9}})");
  put("clientGroups/few", R"({"query": "attributes.b = 1", "quotas": {"publishesPerSecond": 8, "subscriptions": 3}})");
  const auto limits = authorizer.admit({.name = "c", .attributes = {{"a", "1"}, {"b", "1"}}}).limits;
  EXPECT_EQ(limits.publishes_per_s, 5u);
  EXPECT_EQ(limits.sessions, 9u);
  EXPECT_EQ(limits.subscriptions, 3u);
  EXPECT_EQ(limits.bytes_per_s, 0u);
  EXPECT_EQ(authorizer.admit({.name = "other"}).limits.publishes_per_s, 0u);
}

TEST_F(Algorithm, TheNamespaceSaysHowManySessionsANameHas) {
  put("namespaces/default", R"({"topicSpacesConfiguration": {"maximumClientSessionsPerAuthenticationName": 1,
                                "maximumSessionExpiryInHours": 2}})");
  const auto limits = authorizer.admit({.name = "c"}).limits;
  EXPECT_EQ(limits.sessions, 1u);
  EXPECT_EQ(limits.session_expiry_s, 7200u);
}

TEST_F(Algorithm, NamespacesAreApart) {
  host.name_space("other");
  space("all-of-it", {"#"});
  bind("$all", "all-of-it", "Publisher");
  EXPECT_TRUE(publishes("c", "a"));
  EXPECT_FALSE(may({.name = "c", .name_space = "other"}, Action::publish, "a"));
}

}  // namespace
}  // namespace topic_spaces

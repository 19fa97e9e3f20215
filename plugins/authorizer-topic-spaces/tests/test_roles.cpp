// Rights by role assignments instead of groups.
#include "site.hpp"

namespace topic_spaces {
namespace {

class Roles : public Site {
 protected:
  void SetUp() override {
    space("lines", {"lines/${client.authenticationName}/#"});
    space("news", {"news/#"});
    bind("$all", "news", "Publisher");
    assign("false");
  }
  void assign(const std::string& groups_too) {
    put("namespaces/default",
        R"({"topicSpacesConfiguration": {"clientAuthentication": {"entraAuthentication": {"issuer": "https://i",
            "applyClientGroups": )" +
            groups_too + R"(, "roleAssignments": [
              {"principal": "oid-1", "role": "Publisher", "scope": "lines"},
              {"principal": "team", "role": "Subscriber"}]}}}})");
  }
  static Authenticated principal(const std::string& list) {
    return {.name = "oid-1", .attributes = {{"trellis:principals", list}}, .own_attributes = true};
  }
};

TEST_F(Roles, ATopicSpaceIsAScope) {
  EXPECT_TRUE(may(principal(R"(["oid-1"])"), Action::publish, "lines/oid-1/x")) << "variables are the object id";
  EXPECT_FALSE(may(principal(R"(["oid-1"])"), Action::publish, "news/x")) << "a sibling stays denied";
  EXPECT_FALSE(may(principal(R"(["oid-1"])"), Action::subscribe, "lines/oid-1/x"));
}

TEST_F(Roles, TheWholeNamespaceIsAScope) {
  EXPECT_TRUE(may(principal(R"(["oid-1", "team"])"), Action::subscribe, "news/#"));
  EXPECT_TRUE(may(principal(R"(["oid-1", "team"])"), Action::subscribe, "lines/oid-1/#"));
  EXPECT_FALSE(may(principal(R"(["oid-1", "team"])"), Action::subscribe, "other"));
}

TEST_F(Roles, GroupsDoNotCountUnlessTheNamespaceSaysSo) {
  EXPECT_FALSE(may(principal(R"(["oid-9"])"), Action::publish, "news/x"));
  assign("true");
  EXPECT_TRUE(may(principal(R"(["oid-9"])"), Action::publish, "news/x"));
}

TEST_F(Roles, WhatADenyForbidsNoRoleGives) {
  space("safe", {"news/safe/#"});
  bind("$all", "safe", "Subscriber", "Deny");
  EXPECT_FALSE(may(principal(R"(["team"])"), Action::subscribe, "news/safe/x"));
  EXPECT_FALSE(may(principal(R"(["team"])"), Action::subscribe, "news/#"));
  EXPECT_TRUE(may(principal(R"(["team"])"), Action::subscribe, "news/open/#"));
}

TEST_F(Roles, AreNotForWhoIsNamedLikeAPrincipal) {
  EXPECT_FALSE(may({.name = "oid-1"}, Action::publish, "lines/oid-1/x"));
}

}  // namespace
}  // namespace topic_spaces

// What principals may do: role assignments by object id and by role, with groups beside them only where asked for.
#include "entra_site.hpp"

namespace trellis::testing {
namespace {

class EntraRoles : public EntraTest {
 protected:
  /// block: further members of entraAuthentication, after roleAssignments.
  Site roles(const std::string& assignments, const std::string& block = "") {
    auto wanted = site(R"("roleAssignments": [)" + assignments + "]" + block, "", R"(
        "topicSpaces": {"own-state": {"topicTemplates": ["state/$${client.authenticationName}/#"]},
                        "all-states": {"topicTemplates": ["state/#"]}},
        "permissionBindings": {"all-tell": {"clientGroupName": "$all", "topicSpaceName": "all-states",
                                            "permission": "Publisher"}},)");
    wanted.authorizers = R"("authorizer-topic-spaces")";
    return wanted;
  }
  /// The reason code of the PUBACK.
  static std::uint8_t tell(RawClient& client, const std::string& topic) {
    return client.publish({.topic = topic, .payload = "x", .qos = 1})->reason;
  }
  static std::uint8_t listen(RawClient& client, const std::string& filter) {
    return client.subscribe({{.filter = filter, .qos = 1}}).reasons.at(0);
  }

  static constexpr const char* kPress = R"({"principal": "press-oid", "role": "Publisher", "scope": "own-state"})";
  static constexpr const char* kBoard = R"({"principal": "dashboard", "role": "Subscriber", "scope": ""})";
};

TEST_F(EntraRoles, AreGivenToObjectIdsAndToRolesOfTokens) {
  start(roles(std::string(kPress) + "," + kBoard));
  auto press = let_in(issuer_.token("press"));
  auto board = let_in(issuer_.token("board"));
  EXPECT_EQ(listen(board, "state/#"), 1);
  EXPECT_EQ(tell(press, "state/press-oid/rpm"), 0);
  EXPECT_EQ(board.expect(PacketType::publish).topic, "state/press-oid/rpm");
  EXPECT_EQ(tell(press, "state/mill-oid/rpm"), 0x87);
  EXPECT_EQ(listen(press, "state/press-oid/rpm"), 0x87);
  EXPECT_EQ(tell(board, "state/board-oid/rpm"), 0x87);
}

// The issuer's own roles mean here what is assigned to them: "dashboard" is no name of ours.
TEST_F(EntraRoles, CustomRolesOfTheIssuerWorkOnceTheyAreAssigned) {
  start(roles(kPress));
  auto board = let_in(issuer_.token("board"));
  EXPECT_EQ(listen(board, "state/#"), 0x87) << "the token's role gives nothing by itself";
  EXPECT_EQ(tell(board, "state/board-oid/rpm"), 0x87);
  ASSERT_TRUE(reload(
      roles(std::string(kBoard) + R"(, {"principal": "dashboard", "role": "Publisher", "scope": "all-states"})")))
      << broker().output();
  EXPECT_EQ(tell(board, "state/board-oid/rpm"), 0x10) << "allowed; nobody subscribed";
  EXPECT_EQ(listen(board, "state/#"), 1);
}

TEST_F(EntraRoles, StandAloneUnlessGroupsShallCountToo) {
  start(roles(kPress));
  auto mill = let_in(issuer_.token("mill"));
  EXPECT_EQ(tell(mill, "state/mill-oid/rpm"), 0x87);
  ASSERT_TRUE(reload(roles(kPress, R"(, "applyClientGroups": true)"))) << broker().output();
  EXPECT_EQ(tell(mill, "state/mill-oid/rpm"), 0x10) << "allowed; nobody subscribed";
}

TEST_F(EntraRoles, ActAtOnceWhenTheyAreTakenAway) {
  start(roles(std::string(kPress) + "," + kBoard));
  auto press = let_in(issuer_.token("press"));
  auto board = let_in(issuer_.token("board"));
  EXPECT_EQ(listen(board, "state/#"), 1);
  EXPECT_EQ(tell(press, "state/press-oid/rpm"), 0);
  ASSERT_TRUE(reload(roles(""))) << broker().output();
  EXPECT_EQ(tell(press, "state/press-oid/rpm"), 0x87);
  board.expect(PacketType::publish);
  board.expect_disconnect({0x87});
}

}  // namespace
}  // namespace trellis::testing

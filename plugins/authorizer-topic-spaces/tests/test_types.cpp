// What may be put, and how a mistake is told.
#include "site.hpp"

namespace topic_spaces {
namespace {

using Types = Site;

TEST_F(Types, AQueryThatCannotBeReadIsRefusedWithItsPlace) {
  EXPECT_NE(refused("clientGroups/presses", R"({"query": "attributes.type ="})").find("byte 17"), std::string::npos);
}

TEST_F(Types, ATemplateThatIsWrongIsRefusedWithItsPlace) {
  const std::string why = refused("topicSpaces/states", R"({"topicTemplates": ["a", "a/#/b"]})");
  EXPECT_NE(why.find("/topicTemplates/1"), std::string::npos) << why;
}

TEST_F(Types, ATopicSpaceHasATemplate) { EXPECT_NE(refused("topicSpaces/states", R"({"topicTemplates": []})"), ""); }

TEST_F(Types, ABindingNeedsItsGroupAndItsSpace) {
  space("states", {"a"});
  EXPECT_NE(refused("permissionBindings/pub",
                    R"({"clientGroupName": "none", "topicSpaceName": "states", "permission": "Publisher"})"),
            "");
  EXPECT_NE(refused("permissionBindings/pub",
                    R"({"clientGroupName": "$all", "topicSpaceName": "none", "permission": "Publisher"})"),
            "");
}

TEST_F(Types, PermissionsAreTwo) {
  space("states", {"a"});
  EXPECT_NE(refused("permissionBindings/pub",
                    R"({"clientGroupName": "$all", "topicSpaceName": "states", "permission": "Owner"})"),
            "");
}

TEST_F(Types, NamesHave3To50LettersDigitsAndDashes) {
  constexpr std::string_view query = R"({"query": "attributes.a = 1"})";
  EXPECT_EQ(refused("clientGroups/abc", query), "");
  EXPECT_EQ(refused("clientGroups/" + std::string(50, 'x'), query), "");
  EXPECT_NE(refused("clientGroups/ab", query), "");
  EXPECT_NE(refused("clientGroups/" + std::string(51, 'x'), query), "");
  EXPECT_NE(refused("clientGroups/a_b", query), "");
  EXPECT_NE(refused("clientGroups/$all", query), "") << "it is built in";
}

TEST(TypeLimits, AreAsConfigured) {
  trellis::testing::TestHost host;
  host.load<TopicSpaces>(R"({"client_groups": 1, "topic_templates": 2})");
  EXPECT_EQ(host.put_resource("clientGroups", "one", R"({"query": "attributes.a = 1"})"), "");
  EXPECT_NE(host.put_resource("clientGroups", "two", R"({"query": "attributes.a = 1"})"), "");
  EXPECT_EQ(host.put_resource("topicSpaces", "one", R"({"topicTemplates": ["a", "b"]})"), "");
  EXPECT_NE(host.put_resource("topicSpaces", "one", R"({"topicTemplates": ["a", "b", "c"]})"), "");
}

}  // namespace
}  // namespace topic_spaces

// Why something is allowed or not.
#include "site.hpp"

namespace topic_spaces {
namespace {

class Explain : public Site {
 protected:
  void SetUp() override {
    client("press-04", R"({"type": "press", "line": "a"})");
    group("presses", "attributes.type = 'press'");
    space("states", {"presses/${client.authenticationName}/state", "lines/${client.attributes.line}/#"});
    bind("presses", "states", "Publisher");
  }
  std::string why(const Authenticated& who, Action action, std::string_view topic) {
    std::string text;
    for (const auto& [what, found] : authorizer.explain(who, action, topic)) text += what + ": " + found + "\n";
    return text;
  }
};

TEST_F(Explain, NamesAttributesGroupsBindingAndTemplate) {
  EXPECT_EQ(why({.name = "press-04"}, Action::publish, "presses/press-04/state"),
            "attributes: those of the registered client press-04\n"
            "attribute line: \"a\"\n"
            "attribute type: \"press\"\n"
            "client groups: $all, presses\n"
            "binding b100: group presses, topic space states: the template "
            "presses/${client.authenticationName}/state = presses/press-04/state covers it\n"
            "\"presses/press-04/state\": allowed\n");
}

TEST_F(Explain, NamesWhatIsMissing) {
  const std::string other = why({.name = "press-04"}, Action::publish, "presses/press-05/state");
  EXPECT_NE(other.find("no template covers it: presses/${client.authenticationName}/state = presses/press-04/state; "
                       "lines/${client.attributes.line}/# = lines/a/#"),
            std::string::npos)
      << other;
  EXPECT_NE(why({.name = "mill"}, Action::publish, "x").find("none: no client is registered under that name"),
            std::string::npos);
  EXPECT_NE(why({.name = "mill"}, Action::publish, "x").find("the client is not in the group presses"),
            std::string::npos);
  EXPECT_NE(why({.name = "press-04"}, Action::subscribe, "x").find("the namespace has none for a Subscriber"),
            std::string::npos);
}

TEST_F(Explain, NamesAMissingVariable) {
  const std::string text = why({.name = "p5", .attributes = {{"type", R"("press")"}}}, Action::publish, "lines/a/x");
  EXPECT_NE(text.find("lines/${client.attributes.line}/# (the client lacks a variable of it)"), std::string::npos)
      << text;
}

TEST_F(Explain, NamesADisabledClient) {
  put("clients/press-04", R"({"state": "Disabled"})");
  EXPECT_NE(why({.name = "press-04"}, Action::publish, "x").find("disabled"), std::string::npos);
}

TEST_F(Explain, NamesRoles) {
  put("namespaces/default", R"({"topicSpacesConfiguration": {"clientAuthentication": {"entraAuthentication": {
      "issuer": "https://i", "roleAssignments": [{"principal": "team", "role": "Publisher"}]}}}})");
  const std::string text = why({.name = "oid", .attributes = {{"trellis:principals", R"(["oid","team"])"}}},
                               Action::publish, "presses/oid/state");
  EXPECT_NE(text.find("role assignments: the client counts as oid, team\n"
                      "role of team: every topic space, states: the template"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("client groups: $all; only what they are denied counts beside roles\n"), std::string::npos);
}

}  // namespace
}  // namespace topic_spaces

// What every authorizer promises, by resources and with the limits of a profile.
#include <trellis/testing/contract/authorizer.hpp>

#include "topic_spaces.hpp"

namespace topic_spaces {
namespace {

using trellis::Action;
using trellis::testing::AccessQuestion;

struct TopicSpacesSamples : trellis::testing::AuthorizerSamples {
  using Plugin = TopicSpaces;
  static std::vector<std::string> wrong_settings() { return {R"({"profile": "other"})", R"({"client_groups": -1})"}; }
  static void prepare(trellis::testing::TestHost& host) {
    EXPECT_EQ(host.put_resources(
                  {{"clients/ada", R"({"attributes": {"hall": "north", "floor": 2}})"},
                   {"clientGroups/upstairs", R"({"query": "attributes.floor > 1"})"},
                   {"topicSpaces/own", R"({"topicTemplates": ["own/${client.authenticationName}/#"]})"},
                   {"topicSpaces/halls", R"({"topicTemplates": ["halls/+/level"]})"},
                   {"topicSpaces/secret", R"({"topicTemplates": ["halls/secret/level"]})"},
                   {"permissionBindings/own",
                    R"({"clientGroupName": "$all", "topicSpaceName": "own", "permission": "Publisher"})"},
                   {"permissionBindings/halls-publish",
                    R"({"clientGroupName": "upstairs", "topicSpaceName": "halls", "permission": "Publisher"})"},
                   {"permissionBindings/halls-subscribe",
                    R"({"clientGroupName": "upstairs", "topicSpaceName": "halls", "permission": "Subscriber"})"},
                   {"permissionBindings/secret", R"({"clientGroupName": "$all", "topicSpaceName": "secret",
                                          "permission": "Publisher", "effect": "Deny"})"}}),
              "");
  }
  static std::vector<AccessQuestion> allowed() {
    return {{{.name = "ada"}, Action::publish, "own/ada/1"},
            {{.name = "ada"}, Action::publish, "halls/north/level"},
            {{.name = "ada"}, Action::subscribe, "halls/+/level"},
            {{.name = "bob"}, Action::publish, "own/bob/1"}};
  }
  static std::vector<AccessQuestion> denied() {
    return {{{.name = "ada"}, Action::publish, "own/bob/1"},
            {{.name = "ada"}, Action::publish, "halls/secret/level"},
            {{.name = "ada"}, Action::subscribe, "#"},
            {{.name = "bob"}, Action::publish, "halls/north/level"},
            {{.name = "bob"}, Action::subscribe, "own/bob/1"}};
  }
};
TRELLIS_CONTRACT_SUITE(Authorizer, TopicSpacesSamples);

struct EventGridSamples : TopicSpacesSamples {
  static std::string settings() { return R"({"profile": "event-grid"})"; }
};
TRELLIS_CONTRACT_SUITE(Authorizer, EventGridSamples);

}  // namespace
}  // namespace topic_spaces

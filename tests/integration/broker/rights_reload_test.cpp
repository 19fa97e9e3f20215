// What authorizer-topic-spaces allows of resources, changed while the broker runs: the new bounds hold for the files
// that are read with them.
#include <gmock/gmock.h>

#include <filesystem>

#include "support/site.hpp"

namespace trellis::testing {
namespace {

class RightsReload : public SiteTest {
 protected:
  /// settings: of authorizer-topic-spaces.
  static Site site(const std::string& settings) {
    return {.plugins = R"("authorizer-topic-spaces": {"config": {)" + settings + "}}",
            .authorizers = R"("authorizer-topic-spaces")"};
  }
  void write_resources(const std::string& text) {
    std::filesystem::create_directories(broker().directory() + "/resources");
    write("resources/plant.json", text);
  }
  static std::string groups(int count) {
    std::string all;
    for (int i = 0; i < count; ++i)
      all += (i == 0 ? "" : ",") + std::string("\"group-") + std::to_string(i) + R"(": {"query": "attributes.a = 1"})";
    return R"({"clientGroups": {)" + all + "}}";
  }
  static std::string space(int templates) {
    std::string all;
    for (int i = 0; i < templates; ++i) all += (i == 0 ? "\"t/" : ",\"t/") + std::to_string(i) + '"';
    return R"({"topicSpaces": {"all": {"topicTemplates": [)" + all + "]}}}";
  }
  bool said(const std::string& text) {
    return eventually([&] { return broker().output().find(text) != std::string::npos; });
  }
};

TEST_F(RightsReload, RaisesABoundAndUsesItAtOnce) {
  start(site(R"("client_groups": 3)"));
  write_resources(groups(5));
  EXPECT_FALSE(reload(site(R"("client_groups": 3)")));
  EXPECT_TRUE(said("at most 3 clientGroups")) << broker().output();
  EXPECT_TRUE(reload(site(R"("client_groups": 6)"))) << broker().output();
  write_resources(groups(7));
  EXPECT_FALSE(reload(site(R"("client_groups": 6)"))) << "the new one holds";
  EXPECT_TRUE(said("at most 6 clientGroups")) << broker().output();
}

TEST_F(RightsReload, AReloadThatIsGivenUpLeavesTheBoundsThatWere) {
  start(site(R"("client_groups": 3)"));
  write_resources(R"({"clientGroups": {"group": {"query": "nonsense"}}})");
  EXPECT_FALSE(reload(site(R"("client_groups": 6)")));
  write_resources(groups(5));
  EXPECT_FALSE(reload(site(R"("client_groups": 3)")));
  EXPECT_TRUE(said("at most 3 clientGroups")) << broker().output();
}

TEST_F(RightsReload, AnotherProfileIsJudgedByItself) {
  start(site(R"("profile": "event-grid")"));
  write_resources(R"({"namespaces": {"default": {"topicSpacesConfiguration": {"maximumSessionExpiryInHours": 24}}}})");
  EXPECT_FALSE(reload(site(R"("profile": "event-grid")")));
  EXPECT_TRUE(said("with the profile event-grid at most 8 are allowed, found 24")) << broker().output();
  EXPECT_TRUE(reload(site(""))) << broker().output();
}

TEST_F(RightsReload, MoreTemplatesInATopicSpace) {
  start(site(R"("topic_templates": 2)"));
  write_resources(space(3));
  EXPECT_FALSE(reload(site(R"("topic_templates": 2)")));
  EXPECT_TRUE(said("/topicTemplates: a topic space has at most 2, found 3")) << broker().output();
  EXPECT_TRUE(reload(site(R"("topic_templates": 3)"))) << broker().output();
}

}  // namespace
}  // namespace trellis::testing

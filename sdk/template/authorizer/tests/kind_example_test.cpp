#include "../kind_example.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/contract/authorizer.hpp>
#include <trellis/testing/test_host.hpp>

namespace {

using trellis::Access;
using trellis::Action;

TEST(KindExample, AllowsTopicsBelowTheName) {
  trellis::testing::TestHost host;
  const auto authorizer = host.load<KindExample>();
  EXPECT_EQ(authorizer.may("boiler", Action::publish, "clients/boiler/temp"), Access::allow);
  EXPECT_EQ(authorizer.may("boiler", Action::subscribe, "clients/boiler/#"), Access::allow);
}

TEST(KindExample, LeavesOtherTopicsToOthers) {
  trellis::testing::TestHost host;
  const auto authorizer = host.load<KindExample>(R"({"prefix": "plant/"})");
  for (const char* topic :
       {"plant/boiler", "plant/boiler/", "plant/boilers/temp", "clients/boiler/temp", "plant/+/temp"}) {
    EXPECT_EQ(authorizer.may("boiler", Action::subscribe, topic), Access::defer) << topic;
  }
}

TEST(KindExample, ANameWithAWildcardHasNoTopics) {
  trellis::testing::TestHost host;
  const auto authorizer = host.load<KindExample>();
  EXPECT_EQ(authorizer.may("+", Action::subscribe, "clients/+/temp"), Access::defer);
  EXPECT_EQ(authorizer.may("", Action::subscribe, "clients//temp"), Access::defer);
}

// What the contract promises of every authorizer, with samples of this one.
struct KindExampleSamples : trellis::testing::AuthorizerSamples {
  using Plugin = KindExample;
  static std::vector<std::string> wrong_settings() { return {R"({"prefix": 5})"}; }
  static std::vector<trellis::testing::AccessQuestion> allowed() {
    return {{{.name = "boiler"}, Action::publish, "clients/boiler/temp"},
            {{.name = "boiler"}, Action::subscribe, "clients/boiler/#"}};
  }
  static std::vector<trellis::testing::AccessQuestion> denied() {
    return {{{.name = "boiler"}, Action::publish, "clients/other/temp"},
            {{.name = ""}, Action::subscribe, "clients//temp"}};
  }
};
TRELLIS_CONTRACT_SUITE(Authorizer, KindExampleSamples);

}  // namespace

#include "../kind_example.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/contract/predicate.hpp>
#include <trellis/testing/test_host.hpp>

TEST(KindExample, PassesWhatContainsTheText) {
  trellis::testing::TestHost host;
  const auto filter = host.load<KindExample>().compile(R"({"contains": "hot"})");
  EXPECT_TRUE(filter.matches("boiler", "it is hot"));
  EXPECT_FALSE(filter.matches("boiler", "it is ho"));
}

TEST(KindExample, RefusesFiltersThatMakeNoSense) {
  trellis::testing::TestHost host;
  auto predicate = host.load<KindExample>();
  EXPECT_EQ(predicate.refusal(R"({"contain": "hot"})"), R"(/contain: expected "contains")");
  EXPECT_EQ(predicate.refusal(R"({"contains": ""})"), "/contains: expected a text that is not empty");
}

// What the contract promises of every predicate, with samples of this one.
struct KindExampleSamples : trellis::testing::PredicateSamples {
  using Plugin = KindExample;
  static std::vector<trellis::testing::FilterSample> filters() {
    return {{R"({"contains": "hot"})",
             {{.topic = "boiler", .payload = "it is hot"}, {.topic = "a", .payload = "hot"}},
             {{.topic = "boiler", .payload = "it is ho"}, {.topic = "hot"}}}};
  }
  static std::vector<std::string> wrong_filters() { return {R"({"contain": "hot"})", R"({"contains": ""})"}; }
};
TRELLIS_CONTRACT_SUITE(Predicate, KindExampleSamples);

#include "../kind_example.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/contract/handler.hpp>
#include <trellis/testing/test_host.hpp>

using trellis::testing::Outcome;

TEST(KindExample, DeliversToTheLog) {
  trellis::testing::TestHost host;
  const auto destination = host.load<KindExample>().open(R"({"properties": {"text": "alarm"}})");
  EXPECT_EQ(destination.deliver("boiler/temp", "hot").outcome(), Outcome::delivered);
  EXPECT_EQ(host.logs().back().text, "alarm");
  EXPECT_EQ(host.logs().back().field("topic"), "boiler/temp");
  EXPECT_EQ(host.metric("kind_example_delivered_total"), 1);
}

TEST(KindExample, RefusesAnEmptyText) {
  trellis::testing::TestHost host;
  EXPECT_EQ(host.load<KindExample>().refusal(R"({"properties": {"text": ""}})"),
            "/properties/text: expected a text that is not empty");
}

// What the contract promises of every handler, with samples of this one.
struct KindExampleSamples : trellis::testing::HandlerSamples {
  using Plugin = KindExample;
  static std::vector<std::string> destinations() { return {R"({"properties": {"text": "alarm"}})"}; }
  static std::vector<std::string> wrong_destinations() { return {R"({"properties": {"text": ""}})"}; }
};
TRELLIS_CONTRACT_SUITE(Handler, KindExampleSamples);

#include "../kind_example.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/contract/stage.hpp>
#include <trellis/testing/test_host.hpp>

TEST(KindExample, DropsWhatIsTooLarge) {
  trellis::testing::TestHost host;
  auto stage = host.load<KindExample>(R"({"payload": "4B"})");

  EXPECT_EQ(stage.publish("any/topic", "1234"), trellis::Verdict::pass);
  EXPECT_EQ(stage.publish("any/topic", "12345"), trellis::Verdict::drop);
  EXPECT_EQ(host.metric("kind_example_dropped_total"), 1);
}

TEST(KindExample, RefusesASizeThatIsNone) {
  trellis::testing::TestHost host;
  EXPECT_NE(host.refusal<KindExample>(R"({"payload": "a lot"})"), "");
}

// What the contract promises of every stage, with samples of this one.
struct KindExampleSamples : trellis::testing::StageSamples {
  using Plugin = KindExample;
  static std::string settings() { return R"({"payload": "4B"})"; }
  static std::vector<std::string> wrong_settings() { return {R"({"payload": "a lot"})"}; }
  static std::vector<trellis::testing::Sample> passes() { return {{.topic = "any/topic", .payload = "1234"}}; }
  static std::vector<trellis::testing::Sample> drops() { return {{.topic = "any/topic", .payload = "12345"}}; }
};
TRELLIS_CONTRACT_SUITE(Stage, KindExampleSamples);

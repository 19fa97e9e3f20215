#include "../kind_example.hpp"

#include <gtest/gtest.h>

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

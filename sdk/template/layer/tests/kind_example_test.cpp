#include "../kind_example.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/contract/layer.hpp>
#include <trellis/testing/test_host.hpp>

TEST(KindExample, PassesBytesOnBothWays) {
  trellis::testing::TestHost host;
  auto connection = host.load<KindExample>().connect();
  EXPECT_TRUE(connection.input("up"));
  EXPECT_TRUE(connection.output("down!"));
  EXPECT_EQ(connection.up(), "up");
  EXPECT_EQ(connection.down(), "down!");
  connection.close();
}

TEST(KindExample, GivesUpBeyondTheLimit) {
  trellis::testing::TestHost host;
  auto connection = host.load<KindExample>(R"({"received": "4B"})").connect();
  EXPECT_TRUE(connection.input("1234"));
  EXPECT_FALSE(connection.input("5"));
  EXPECT_EQ(connection.up(), "1234");
  EXPECT_EQ(host.metric("kind_example_ended_total"), 1);
  connection.close();
}

// What the contract promises of every layer, with samples of this one.
struct KindExampleSamples : trellis::testing::LayerSamples {
  using Plugin = KindExample;
  static std::vector<std::string> wrong_settings() { return {R"({"received": "a lot"})"}; }
};
TRELLIS_CONTRACT_SUITE(Layer, KindExampleSamples);

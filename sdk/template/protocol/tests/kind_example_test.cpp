#include "../kind_example.hpp"

#include <gtest/gtest.h>

#include <string>
#include <trellis/testing/contract/protocol.hpp>
#include <trellis/testing/test_host.hpp>

TEST(KindExample, AnswersLinesHoweverTheyArrive) {
  trellis::testing::TestHost host;
  auto client = host.load<KindExample>().connect();
  client.send("one\ntw");
  EXPECT_EQ(client.received(), "one\n");
  client.send("o\n");
  EXPECT_EQ(client.received(), "two\n");
  EXPECT_EQ(host.metric("kind_example_lines_total"), 2);
}

TEST(KindExample, EndsWithALineThatIsTooLong) {
  trellis::testing::TestHost host;
  auto client = host.load<KindExample>().connect();
  client.send(std::string(KindExample::kMostBytes + 1, 'x'));
  EXPECT_FALSE(client.open());
}

// What the contract promises of every protocol, with samples of this one.
struct KindExampleSamples : trellis::testing::ProtocolSamples {
  using Plugin = KindExample;
  static std::vector<std::string> inputs() {
    return {"one\ntwo\n", "\n\n", "no end", std::string(KindExample::kMostBytes + 1, 'x')};
  }
};
TRELLIS_CONTRACT_SUITE(Protocol, KindExampleSamples);

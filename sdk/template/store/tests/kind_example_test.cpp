#include "../kind_example.hpp"

#include <gtest/gtest.h>

#include <string>
#include <trellis/testing/contract/store.hpp>
#include <trellis/testing/test_host.hpp>

namespace {

using kind_example::KindExample;
using trellis::Status;
using trellis::testing::Change;

TEST(KindExample, GivesEntriesBackUntilTheyAreSettled) {
  trellis::testing::TestHost host;
  const auto store = host.load<KindExample>();
  EXPECT_EQ(store.put({Change::append(7, 1, "one"), Change::append(7, 2, "two")}), Status::ok);
  ASSERT_EQ(store.get(7).size(), 2u);
  EXPECT_EQ(store.get(7).front().body, "one");
  EXPECT_EQ(store.get(7, 1).front().body, "two");
  EXPECT_EQ(store.put({Change::settle(7, 1)}), Status::ok);
  EXPECT_EQ(store.get(7).size(), 1u);
}

TEST(KindExample, RestoresQueuesAndRecords) {
  trellis::testing::TestHost host;
  const auto store = host.load<KindExample>();
  store.put({Change::append(7, 3, "body"), Change::marked(7, 12), Change::put("key", "value")});
  const auto restored = store.restore();
  EXPECT_EQ(restored.queues.at(7).first, 3u);
  EXPECT_EQ(restored.queues.at(7).marks, std::vector<std::uint32_t>{12});
  EXPECT_EQ(restored.records.at("key"), "value");
}

TEST(KindExample, RefusesMoreWhenItIsFull) {
  trellis::testing::TestHost host;
  const auto store = host.load<KindExample>(R"({"memory": "1KiB"})");
  EXPECT_EQ(store.put({Change::append(7, 1, std::string(1024, 'x'))}), Status::ok);
  EXPECT_EQ(store.put({Change::append(7, 2, "y")}), Status::unavailable);
  EXPECT_EQ(store.put({Change::settle(7, 1)}), Status::ok);
  EXPECT_EQ(store.put({Change::append(7, 2, "y")}), Status::ok);
}

// What the contract promises of every store, with samples of this one.
struct KindExampleSamples : trellis::testing::StoreSamples {
  using Plugin = KindExample;
  static std::vector<std::string> wrong_settings() { return {R"({"memory": "a lot"})"}; }
};
TRELLIS_CONTRACT_SUITE(Store, KindExampleSamples);

}  // namespace

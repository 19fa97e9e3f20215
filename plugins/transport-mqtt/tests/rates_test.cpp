// Buckets of tokens, with time moved by hand.
#include "rates.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace trellis::mqtt {
namespace {

TEST(Bucket, HoldsWhatComesInASecond) {
  Bucket bucket;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(bucket.take(5, 100'000));
  EXPECT_FALSE(bucket.take(5, 100'000));
  EXPECT_FALSE(bucket.take(5, 100'199));
  EXPECT_TRUE(bucket.take(5, 100'200)) << "a fifth of a second brings one";
  EXPECT_FALSE(bucket.take(5, 100'200));
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(bucket.take(5, 900'000)) << "a pause brings no more than a second's worth";
  EXPECT_FALSE(bucket.take(5, 900'000));
}

TEST(Bucket, ChargesMoreThanItHolds) {
  Bucket bucket;
  EXPECT_EQ(bucket.charge(100, 100, 5000), 0u);
  EXPECT_EQ(bucket.charge(100, 250, 5000), 2500u);
  EXPECT_EQ(bucket.charge(100, 1, 7500), 10u) << "paid, but nothing left";
  EXPECT_EQ(bucket.charge(100, 50, 60'000), 0u);
}

TEST(Bucket, ZeroIsNoLimit) {
  Bucket bucket;
  EXPECT_EQ(bucket.charge(0, UINT32_MAX, 1), 0u);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(bucket.take(0, 1));
}

TEST(Bucket, CountsBytesOfTheLargestPackets) {
  Bucket bucket;
  EXPECT_EQ(bucket.charge(1, 268'435'460, 1'000'000'000'000), 268'435'459'000u);
  EXPECT_EQ(bucket.charge(4'294'967'295, 268'435'460, 2'000'000'000'000), 0u);
}

TEST(ConnectRates, KnowsClientsApart) {
  const auto rates = std::make_unique<ConnectRates>();
  EXPECT_TRUE(rates->take(7, 1, 1000));
  EXPECT_FALSE(rates->take(7, 1, 1500));
  EXPECT_TRUE(rates->take(8, 1, 1500));
  EXPECT_TRUE(rates->take(7 + 4096, 1, 1500)) << "in the same place, which it takes over";
  EXPECT_TRUE(rates->take(7, 1, 1500)) << "forgotten";
}

}  // namespace
}  // namespace trellis::mqtt

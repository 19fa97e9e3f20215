// The histogram answers within one percent, at both ends of its range.
#include "histogram.hpp"

#include <gtest/gtest.h>

namespace trellis::bench {
namespace {

TEST(Histogram, IsExactForSmallValues) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100; ++value) histogram.record(value);

  EXPECT_EQ(histogram.percentile(50), 50U);
  EXPECT_EQ(histogram.percentile(99), 99U);
  EXPECT_EQ(histogram.percentile(100), 100U);
  EXPECT_EQ(histogram.count(), 100U);
}

TEST(Histogram, IsWithinOnePercentForLargeValues) {
  for (std::uint64_t value = 1000; value < 100'000'000'000; value = value * 3 / 2 + 7) {
    Histogram histogram;
    histogram.record(value);
    histogram.record(UINT64_MAX);  // so that the maximum does not cut the bucket
    const auto found = static_cast<double>(histogram.percentile(50));
    EXPECT_GE(found, static_cast<double>(value));
    EXPECT_LE(found, static_cast<double>(value) * 1.01);
  }
}

TEST(Histogram, KeepsTheLargestValueThereIs) {
  Histogram histogram;
  histogram.record(0);
  histogram.record(UINT64_MAX);

  EXPECT_EQ(histogram.percentile(50), 0U);
  EXPECT_EQ(histogram.percentile(100), UINT64_MAX);
  EXPECT_EQ(histogram.max(), UINT64_MAX);
}

TEST(Histogram, OfNothingIsZero) { EXPECT_EQ(Histogram{}.percentile(99), 0U); }

TEST(Histogram, OneSlowMessageInAThousandShowsAboveThe999th) {
  Histogram histogram;
  for (int i = 0; i < 999; ++i) histogram.record(10);
  histogram.record(5'000'000);

  EXPECT_EQ(histogram.percentile(99.9), 10U);
  EXPECT_EQ(histogram.percentile(99.95), 5'000'000U);
}

}  // namespace
}  // namespace trellis::bench

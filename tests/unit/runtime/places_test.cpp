// How many may be in at once.
#include <gtest/gtest.h>

#include <trellis/runtime/places.hpp>

namespace trellis::runtime {
namespace {

TEST(Places, AreTakenUpToTheLimitAndGivenBack) {
  Places places;
  places.limit = 2;
  EXPECT_TRUE(places.enter());
  EXPECT_TRUE(places.enter());
  EXPECT_FALSE(places.enter());
  places.leave();
  EXPECT_TRUE(places.enter());
  EXPECT_EQ(places.open.load(), 2u);
}

TEST(Places, AreAsManyAsComeWithoutALimit) {
  Places places;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(places.enter());
}

TEST(Places, ALimitLoweredBelowThemHoldsForThoseToCome) {
  Places places;
  EXPECT_TRUE(places.enter());
  EXPECT_TRUE(places.enter());
  places.limit = 1;
  places.leave();
  EXPECT_FALSE(places.enter());
  places.leave();
  EXPECT_TRUE(places.enter());
}

}  // namespace
}  // namespace trellis::runtime

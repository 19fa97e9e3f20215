#include "number.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

TEST(Number, PassesNumbersWithinTheRange) {
  trellis::testing::TestHost host;
  auto filter = host.load<Number>().compile(R"({"above": 30})");

  EXPECT_TRUE(filter.matches("boiler/temp", "31.5"));
  EXPECT_FALSE(filter.matches("boiler/temp", "30"));
  EXPECT_FALSE(filter.matches("boiler/temp", "-31"));
}

TEST(Number, DropsWhatIsNoNumber) {
  trellis::testing::TestHost host;
  auto filter = host.load<Number>().compile("{}");

  for (const char* payload : {"", "-", ".", "warm", "1.2.3", "1 ", "1e3"}) EXPECT_FALSE(filter.matches("t", payload));
}

TEST(Number, RefusesFiltersThatMakeNoSense) {
  trellis::testing::TestHost host;
  auto predicate = host.load<Number>();

  EXPECT_EQ(predicate.refusal(R"({"over": 30})"), R"(/over: expected "above" or "below")");
  EXPECT_EQ(predicate.refusal(R"({"above": "hot"})"), "/above: expected a number, found text");
  EXPECT_EQ(predicate.refusal(R"({"above": 5, "below": 4})"),
            "no number is above and below at once: \"above\" must be the smaller one");
}

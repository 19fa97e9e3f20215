#include "common/cloud_event/number.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace cloud_event {
namespace {

Number number(std::string_view text) {
  const auto parsed = Number::parse(text);
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.value_or(Number());
}

TEST(Number, IsTheSameHoweverItIsWritten) {
  for (const char* text : {"3", "3.0", "30e-1", "0.3E+1", "3.00e0"}) EXPECT_EQ(number(text), number("3")) << text;
  EXPECT_EQ(number("-0"), number("0"));
  EXPECT_EQ(number("-0.0"), number("0e5"));
  EXPECT_EQ(number("1e-400"), number("0"));
  EXPECT_EQ(number("18446744073709551615"), Number(UINT64_MAX));
  EXPECT_EQ(number("-9223372036854775808"), Number(INT64_MIN));
  EXPECT_EQ(number("3").hash(), number("3.0").hash());
}

TEST(Number, RefusesWhatJsonRefuses) {
  for (const char* text :
       {"", "-", "+1", "01", "1.", ".5", "1e", "1e+", "0x1", "1 ", " 1", "NaN", "Infinity", "--1", "1a"}) {
    EXPECT_FALSE(Number::parse(text).has_value()) << text;
  }
}

TEST(Number, ComparesWithoutRounding) {
  const char* const kInOrder[] = {"-1e400",
                                  "-1e30",
                                  "-9223372036854775809e3",
                                  "-9223372036854775808",
                                  "-9223372036854775807",
                                  "-2.5",
                                  "-1",
                                  "0",
                                  "0.5",
                                  "1",
                                  "9007199254740992",
                                  "9007199254740993",
                                  "9223372036854775807",
                                  "18446744073709551614",
                                  "18446744073709551615",
                                  "18446744073709551616",
                                  "1e30",
                                  "1e400"};
  for (std::size_t i = 0; i < std::size(kInOrder); ++i) {
    for (std::size_t j = 0; j < std::size(kInOrder); ++j) {
      EXPECT_EQ(number(kInOrder[i]) < number(kInOrder[j]), i < j) << kInOrder[i] << " " << kInOrder[j];
      EXPECT_EQ(number(kInOrder[i]) == number(kInOrder[j]), i == j) << kInOrder[i] << " " << kInOrder[j];
    }
  }
}

TEST(Number, BeyondDoublesIsInfiniteAndNearZeroIsZero) {
  EXPECT_FALSE(number("1e309").finite());
  EXPECT_FALSE(number("-" + std::string(400, '9')).finite());
  EXPECT_FALSE(number("1" + std::string(400, '0') + "e-1").finite());
  EXPECT_EQ(number("0." + std::string(400, '0') + "1"), number("0"));
  EXPECT_EQ(number("0." + std::string(400, '0') + "1e399"), number("0.01"));
}

}  // namespace
}  // namespace cloud_event

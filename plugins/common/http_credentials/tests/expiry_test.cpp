#include "common/http_credentials/expiry.hpp"

#include <gtest/gtest.h>

namespace http_credentials {
namespace {

constexpr std::chrono::seconds kMoment{1'893'596'645};  // 2030-01-02 15:04:05 UTC

TEST(Expiry, ReadsBothForms) {
  for (const char* text :
       {"1/2/2030 3:04:05 PM", "01/02/2030 03:04:05 PM", "1/2/2030 3:04:05\xE2\x80\xAFPM", "2030-01-02T15:04:05",
        "2030-01-02T15:04:05.123456", "2030-01-02T15:04:05Z", "2030-01-02T15:04:05.9+00:00"}) {
    EXPECT_EQ(parse_expiry(text), kMoment) << text;
  }
}

TEST(Expiry, KnowsNoonAndMidnight) {
  EXPECT_EQ(parse_expiry("1/1/1970 12:00:00 AM"), std::chrono::seconds(0));
  EXPECT_EQ(parse_expiry("1/1/1970 12:00:01 PM"), std::chrono::hours(12) + std::chrono::seconds(1));
  EXPECT_EQ(parse_expiry("2/29/2028 11:59:59 PM"), parse_expiry("2028-02-29T23:59:59"));
}

TEST(Expiry, RefusesWhatIsNone) {
  for (const char* text : {"",
                           "1893596645",
                           "2/1/2030",
                           "13/2/2030 3:04:05 PM",
                           "2/29/2030 1:00:00 AM",
                           "1/2/2030 0:04:05 PM",
                           "1/2/2030 13:04:05 PM",
                           "1/2/2030 3:60:05 PM",
                           "1/2/2030 3:04:05",
                           "1/2/2030 3:04:05 pm",
                           "1/2/30 3:04:05 PM",
                           "1/2/2030 3:04:05 PM x",
                           "2030-02-30T00:00:00",
                           "2030-01-02T24:00:00",
                           "2030-01-02 15:04:05",
                           "2030-01-02T15:04:05.",
                           "2030-01-02T15:04:05+01:00",
                           "2030-01-02T15:04:05Zx",
                           "0/0/2030 3:04:05 PM",
                           "99999-01-02T15:04:05"}) {
    EXPECT_EQ(parse_expiry(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace http_credentials

// Dates in the three forms that clients and servers have sent over the years.
#include "common/http/date.hpp"

#include <gtest/gtest.h>

namespace trellis::http {
namespace {

constexpr std::int64_t kNovember = 784'111'777'000;

TEST(Date, ReadsWhatItWrites) {
  EXPECT_EQ(format_date(kNovember), "Sun, 06 Nov 1994 08:49:37 GMT");
  for (const std::int64_t at : {std::int64_t{0}, kNovember, std::int64_t{1'767'225'599'000}}) {
    EXPECT_EQ(parse_date(format_date(at)), at);
  }
}

TEST(Date, ReadsTheObsoleteForms) {
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT"), kNovember);
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994"), kNovember);
}

TEST(Date, RefusesWhatIsNone) {
  for (const char* text :
       {"", "soon", "120", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 99994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT GMT", "Sun, -6 Nov 1994 08:49:3x GMT"}) {
    EXPECT_EQ(parse_date(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace trellis::http

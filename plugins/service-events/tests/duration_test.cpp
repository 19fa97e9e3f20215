#include <gtest/gtest.h>

#include "common/stamp/utc_time.hpp"
#include "iso_duration.hpp"

namespace events_service {
namespace {

using std::chrono::seconds;

TEST(IsoDuration, ReadsWhatTheServiceAccepts) {
  EXPECT_EQ(parse_iso_duration("PT1M"), seconds(60));
  EXPECT_EQ(parse_iso_duration("P1D"), seconds(86'400));
  EXPECT_EQ(parse_iso_duration("P1DT0H0M0S"), seconds(86'400));
  EXPECT_EQ(parse_iso_duration("PT23H12M"), seconds(83'520));
  EXPECT_EQ(parse_iso_duration("P0DT23H12M"), seconds(83'520));
}

TEST(IsoDuration, RefusesWhatIsNone) {
  for (const char* text : {"", "P", "PT", "P1", "1D", "P1M", "P1Y", "PT1D", "P1DT", "PT-1M", "PT1.5M", "PT1M1H", "P1D ",
                           "P99999999999999999999D", "p1d"}) {
    EXPECT_EQ(parse_iso_duration(text), std::nullopt) << text;
  }
}

TEST(UtcTime, ReadsAndWrites) {
  EXPECT_EQ(common::parse_utc_ms("1970-01-01T00:00:01Z"), 1'000);
  EXPECT_EQ(common::parse_utc_ms("2026-01-01T00:00:00.123456Z"), 1'767'225'600'123);
  EXPECT_EQ(common::parse_utc_ms("2026-01-01T02:00:00+02:00"), 1'767'225'600'000);
  EXPECT_EQ(common::parse_utc_ms("2025-12-31T19:30:00-04:30"), 1'767'225'600'000);
  EXPECT_EQ(common::parse_utc_ms("2026-01-01 00:00:00Z"), std::nullopt);
  EXPECT_EQ(common::parse_utc_ms("2026-13-01T00:00:00Z"), std::nullopt);
  EXPECT_EQ(common::write_utc(1'767'225'600'123), "2026-01-01T00:00:00.123Z");
}

}  // namespace
}  // namespace events_service

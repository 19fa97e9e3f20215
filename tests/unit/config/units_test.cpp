// Sizes and durations.
#include <gtest/gtest.h>

#include <trellis/schema/units.hpp>

namespace trellis::schema {
namespace {

using namespace std::chrono_literals;

TEST(ParseBytes, ReadsEveryUnit) {
  const std::pair<const char*, std::int64_t> cases[] = {{"0", 0},
                                                        {"17", 17},
                                                        {"17B", 17},
                                                        {"1kB", 1000},
                                                        {"1KiB", 1024},
                                                        {"8MB", 8'000'000},
                                                        {"8MiB", 8 << 20},
                                                        {"2GB", 2'000'000'000},
                                                        {"1GiB", 1 << 30},
                                                        {"1TB", 1'000'000'000'000},
                                                        {"1TiB", 1LL << 40},
                                                        {"9223372036854775807", INT64_MAX}};
  for (const auto& [text, bytes] : cases) {
    const auto result = parse_bytes(text);
    ASSERT_TRUE(result) << text;
    EXPECT_EQ(*result, bytes) << text;
  }
}

TEST(ParseBytes, RefusesEverythingElse) {
  for (const char* text :
       {"", "MiB", "-1", "-8MiB", "+1", "1.5MiB", "1,5MiB", "8MBB", "8 MiB", "8mib", "8K", "0x10", " 8", "8 ",
        "9223372036854775808", "9007199254740992KiB", "8388608TiB", "99999999999999999999GiB", "1e3"}) {
    EXPECT_FALSE(parse_bytes(text)) << text;
  }
}

TEST(ParseBytes, SaysWhatIsAcceptedAndWhatWasMeant) {
  const auto result = parse_bytes("8MBB");
  EXPECT_EQ(result.failure().message,
            "\"8MBB\" has the unknown unit \"MBB\"; expected a whole number of bytes, alone or with one of B, kB, MB, "
            "GB, TB, "
            "KiB, MiB, GiB, TiB, like \"8MiB\"");
  EXPECT_EQ(result.failure().suggestion, "\"8MiB\"");
  EXPECT_EQ(parse_bytes("8mib").failure().suggestion, "\"8MiB\"");
  EXPECT_EQ(parse_bytes("8 MiB").failure().suggestion, "\"8MiB\"");
  EXPECT_EQ(parse_bytes("8K").failure().suggestion, "\"8KiB\"");
  EXPECT_EQ(parse_bytes("-8MiB").failure().suggestion, "\"8MiB\"");
}

TEST(ParseDuration, ReadsEveryUnit) {
  EXPECT_EQ(*parse_duration("0s"), 0ms);
  EXPECT_EQ(*parse_duration("500ms"), 500ms);
  EXPECT_EQ(*parse_duration("30s"), 30s);
  EXPECT_EQ(*parse_duration("5m"), 5min);
  EXPECT_EQ(*parse_duration("2h"), 2h);
  EXPECT_EQ(*parse_duration("1d"), 24h);
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const char* text : {"", "s", "30", "-1s", "1.5s", "30 s", "30S", "1h30m", "9223372036854775807s", "30sec"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
  EXPECT_EQ(parse_duration("30").failure().suggestion, "\"30s\"");
  EXPECT_EQ(parse_duration("5min").failure().suggestion, "\"5m\"");
  EXPECT_EQ(parse_duration("2 hours").failure().suggestion, "\"2h\"");
}

TEST(Format, WritesTheShortestTextThatReadsBackExactly) {
  EXPECT_EQ(format_bytes(0), "0B");
  EXPECT_EQ(format_bytes(8 << 20), "8MiB");
  EXPECT_EQ(format_bytes(64'000'000), "64MB");
  EXPECT_EQ(format_bytes(1500), "1500B");
  EXPECT_EQ(format_duration(0ms), "0s");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(24h), "1d");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  for (std::int64_t value = 1; value > 0 && value < INT64_MAX / 7; value *= 3) {
    EXPECT_EQ(*parse_bytes(format_bytes(value * 2)), value * 2);
    EXPECT_EQ(parse_duration(format_duration(std::chrono::milliseconds(value)))->count(), value);
  }
}

}  // namespace
}  // namespace trellis::schema

#include "common/base64/base64.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(Base64, RoundTripsEveryLength) {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    const std::string text = to_base64(bytes);
    EXPECT_EQ(from_base64(text), bytes);
    EXPECT_EQ(from_base64(text.substr(0, text.find('='))), bytes) << "padding may be missing";
    bytes += static_cast<char>(i * 37 + 200);
  }
  EXPECT_EQ(to_base64("any carnal pleas"), "YW55IGNhcm5hbCBwbGVhcw==");
}

TEST(Base64, RefusesWhatIsNone) {
  for (const char* text : {"A", "AAAAA", "AA*A", "A A=", "AA=A"}) EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

}  // namespace
}  // namespace common

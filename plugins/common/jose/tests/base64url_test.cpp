#include "common/jose/base64url.hpp"

#include <gtest/gtest.h>

namespace jose {
namespace {

TEST(Base64url, RoundTripsEveryLength) {
  std::string bytes;
  for (int i = 0; i < 70; ++i) {
    EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
    bytes += static_cast<char>(i * 37 + 200);
  }
  EXPECT_EQ(to_base64url("\xFB\xEF\xFF"), "--__");
}

TEST(Base64url, RefusesEverySecondWayToWriteTheSame) {
  EXPECT_EQ(from_base64url("QQ"), "A");
  EXPECT_EQ(from_base64url("QUI"), "AB");
  for (const char* text : {"QQ==", "QR", "QUJ", "Q", "QUJDQ", "Q+Q", "Q/Q", "QQ\n", "Q Q", "QU\xFF"}) {
    EXPECT_EQ(from_base64url(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace jose

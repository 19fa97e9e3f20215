// What counts as a flood.
#include "common/http2/guard.hpp"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

namespace trellis::http2 {
namespace {

// How many of them pass at one moment.
int passing(std::uint8_t type, std::uint8_t flags, std::size_t length) {
  Guard guard;
  int count = 0;
  while (count < 10'000 && guard.frame(type, flags, length, 1000)) ++count;
  return count;
}

TEST(Http2Guard, AllowsAgainWhatIsSpreadOverTime) {
  Allowance allowance(3, 10);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(allowance.take(1000));
  EXPECT_FALSE(allowance.take(1000));
  EXPECT_FALSE(allowance.take(1099));
  EXPECT_TRUE(allowance.take(1100));
  EXPECT_FALSE(allowance.take(1100));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(allowance.take(10'000'000'000));
  EXPECT_FALSE(allowance.take(10'000'000'000));
}

TEST(Http2Guard, FramesThatCostTheirSenderNothingAreCounted) {
  EXPECT_EQ(passing(NGHTTP2_PING, 0, 8), 1000);
  EXPECT_EQ(passing(NGHTTP2_SETTINGS, 0, 0), 1000);
  EXPECT_EQ(passing(NGHTTP2_CONTINUATION, 0, 0), 1000);
  EXPECT_EQ(passing(NGHTTP2_RST_STREAM, 0, 4), 200);
  EXPECT_EQ(passing(NGHTTP2_WINDOW_UPDATE, 0, 4), 1000);
  EXPECT_EQ(passing(NGHTTP2_DATA, 0, 100), 10'000);
  EXPECT_EQ(passing(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 100), 10'000);
}

TEST(Http2Guard, WindowsMayFollowWhatIsSent) {
  Guard guard;
  for (int i = 0; i < 5000; ++i) {
    guard.data_sent();
    EXPECT_TRUE(guard.frame(NGHTTP2_WINDOW_UPDATE, 0, 4, 1000));
  }
}

}  // namespace
}  // namespace trellis::http2

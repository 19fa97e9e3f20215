// Clients of HTTP/2 that make work instead of requests.
#include <gmock/gmock-more-matchers.h>

#include "http2_peer.hpp"

namespace transport_http::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::string_view kHead = "\x82\x84\x86\x41\x01h";  // GET / http h

std::string number(std::uint32_t value) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift);
  return bytes;
}

// Whether so many of these frames end the connection in the way floods do.
void expect_flood(const std::string& frames) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  peer.client.send(frames);
  EXPECT_TRUE(peer.client.closed);
  peer.exchange();
  ASSERT_EQ(peer.goaways.size(), 1u);
  EXPECT_EQ(peer.goaways[0].second, std::uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
}

TEST(Http2Flood, RapidResetEndsTheConnectionAndAsksFewServices) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  for (std::uint32_t stream = 1; stream < 2001 && !peer.client.closed; stream += 2) {
    peer.client.send(frame(NGHTTP2_HEADERS, 0x5, stream, kHead) + frame(NGHTTP2_RST_STREAM, 0, stream, number(8)));
    EXPECT_LE(peer.client.asked.size(), 4u);
  }
  EXPECT_TRUE(peer.client.closed);
  peer.exchange();
  EXPECT_THAT(peer.goaways, ElementsAre(Pair(::testing::_, std::uint32_t{NGHTTP2_ENHANCE_YOUR_CALM})));
}

TEST(Http2Flood, AFewHundredResetsAtOnceAreAPageThatIsLeft) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  kernel.answer_at_once = [](const Asked&) { return "x"; };
  for (std::uint32_t round = 0; round < 10; ++round) {
    for (std::uint32_t i = 0; i < 100; ++i) {
      const std::uint32_t stream = round * 200 + i * 2 + 1;
      peer.client.send(frame(NGHTTP2_HEADERS, 0x1, stream, kHead.substr(0, 3)) +
                       frame(NGHTTP2_CONTINUATION, 0x4, stream, kHead.substr(3)) +
                       frame(NGHTTP2_RST_STREAM, 0, stream, number(8)));
    }
    kernel.advance(10'000);
  }
  EXPECT_FALSE(peer.client.closed);
}

TEST(Http2Flood, ResetsThatTheClientProvokesAreResetsToo) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  for (std::uint32_t stream = 1; stream < 1001; stream += 2) {
    peer.client.send(frame(NGHTTP2_HEADERS, 0x4, stream, kHead) +
                     frame(NGHTTP2_WINDOW_UPDATE, 0, stream, number(0x7fffffff)));
  }
  EXPECT_TRUE(peer.client.closed);
  peer.exchange();
  EXPECT_EQ(peer.goaways.back().second, std::uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
}

TEST(Http2Flood, StreamsAboveTheLimitAreCountedAsWell) {
  FakeKernel kernel;
  FakeClient client(kernel);
  std::string frames = std::string(NGHTTP2_CLIENT_MAGIC) + frame(NGHTTP2_SETTINGS, 0, 0, "");
  for (std::uint32_t stream = 1; stream < 1001; stream += 2) frames += frame(NGHTTP2_HEADERS, 0x5, stream, kHead);
  client.send(frames);
  EXPECT_TRUE(client.closed);
  EXPECT_EQ(client.asked.size(), 0u);
}

TEST(Http2Flood, ControlFramesEndTheConnection) {
  expect_flood(repeat(frame(NGHTTP2_PING, 0, 0, "12345678"), 2000));
  expect_flood(repeat(frame(NGHTTP2_SETTINGS, 0, 0, ""), 2000));
  expect_flood(repeat(frame(NGHTTP2_PRIORITY, 0, 1, number(3) + "1"), 2000));
  expect_flood(repeat(frame(NGHTTP2_WINDOW_UPDATE, 0, 0, number(1)), 2000));
}

TEST(Http2Flood, EmptyFramesOfABodyEndTheConnection) {
  const std::string head = frame(NGHTTP2_HEADERS, 0x4, 1, "\x83\x84\x86\x41\x01h");
  expect_flood(head + repeat(frame(NGHTTP2_DATA, 0, 1, ""), 2000));
  expect_flood(head + repeat(frame(NGHTTP2_DATA, 0x8, 1, std::string(10, '\x09').replace(1, 9, 9, '\0')), 2000));
}

TEST(Http2Flood, EndlessContinuationsEndTheConnection) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  peer.client.send(frame(NGHTTP2_HEADERS, 0x1, 1, kHead) + repeat(frame(NGHTTP2_CONTINUATION, 0, 1, ""), 2000));
  EXPECT_TRUE(peer.client.closed);
  EXPECT_THAT(peer.client.asked, IsEmpty());
}

}  // namespace
}  // namespace transport_http::testing

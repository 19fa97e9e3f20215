// What an HTTP/2 connection refuses, how long it waits, and how it ends.
#include <gmock/gmock-more-matchers.h>

#include "http2_peer.hpp"

namespace transport_http::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

Fields post(const Fields& more = {}) {
  Fields fields{{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

// The status a client gets for these fields, when it is a refusal in the form all errors have.
std::string refusal(const Fields& fields) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  const auto stream = peer.send_fields(fields);
  EXPECT_THAT(peer.client.asked, IsEmpty());
  EXPECT_THAT(peer.responses[stream].body, HasSubstr(R"({"error":{"code":")"));
  EXPECT_FALSE(peer.client.closed);
  return peer.responses[stream].status;
}

Fields with_path(const std::string& path, const std::string& method = "GET") {
  return {{":method", method}, {":scheme", "http"}, {":path", path}, {":authority", "h"}};
}

TEST(Http2Limits, RefusesPathsWithTwoMeanings) {
  for (const char* const path : {"/a/../b", "/./a", "/a%2fb", "/%2e%2e/", "/a%zz", "/%00"}) {
    EXPECT_EQ(refusal(with_path(path)), "400") << path;
  }
}

TEST(Http2Limits, RefusesHeadsAboveTheirLimits) {
  EXPECT_EQ(refusal(with_path("/" + std::string(256, 'a'))), "414");
  EXPECT_EQ(refusal(with_path("/" + std::string(2000, 'a'))), "414");
  EXPECT_EQ(refusal(post({{"x", std::string(1024, 'x')}})), "431");
  Fields many = post();
  for (int i = 0; i < 11; ++i) many.emplace_back("x" + std::to_string(i), "y");
  EXPECT_EQ(refusal(many), "431");
}

TEST(Http2Limits, RefusesWhatItCannotDo) {
  EXPECT_EQ(refusal({{":method", "CONNECT"}, {":authority", "h:1"}}), "501");
  EXPECT_EQ(refusal(post({{"expect", "miracles"}})), "417");
  EXPECT_EQ(refusal(post({{"host", "other"}})), "400");
  EXPECT_EQ(refusal(post({{"x", "a\x01"}})), "400");
}

TEST(Http2Limits, ResetsStreamsThatBreakTheStandard) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  for (const Fields& more :
       {Fields{{"connection", "close"}}, Fields{{":path", "/"}}, Fields{{"content-length", "1"}}}) {
    const auto stream = peer.send_fields(post(more));
    EXPECT_EQ(peer.responses[stream].reset, std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
  }
  EXPECT_THAT(peer.client.asked, IsEmpty());
  kernel.advance(10'000);
  EXPECT_FALSE(peer.client.closed) << "no head is missing";
}

TEST(Http2Limits, RefusesAnAnnouncedBodyAboveTheLimitBeforeItIsSent) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  const auto stream = peer.send_fields(post({{"content-length", "1025"}, {"expect", "100-continue"}}), false);
  EXPECT_EQ(peer.responses[stream].status, "413");
  EXPECT_THAT(peer.responses[stream].interim, IsEmpty());
  EXPECT_TRUE(peer.responses[stream].complete);
  kernel.advance(999);
  EXPECT_THAT(peer.client.received(), IsEmpty());
  kernel.advance(1);
  EXPECT_EQ(peer.client.received(), frame(NGHTTP2_RST_STREAM, 0, 1, std::string(4, '\0')));
}

TEST(Http2Limits, RefusesABodyThatGrowsAboveTheLimit) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  const auto stream = peer.request("POST", "/", {}, std::string(100000, 'x'));
  EXPECT_EQ(peer.responses[stream].status, "413");
  EXPECT_THAT(peer.client.asked, IsEmpty());
  const auto fits = peer.request("POST", "/", {}, std::string(1024, 'x'));
  ASSERT_EQ(peer.client.asked.size(), 1u);
  peer.client.answer(0, 200, "");
  peer.exchange();
  EXPECT_EQ(peer.responses[fits].status, "200");
}

TEST(Http2Limits, EndsAConnectionWhoseFieldsDecompressToMuchMore) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  // One field of 3,000 bytes goes into the table; a byte each then means all of it again.
  const std::string literal = std::string("\x40\x01x", 3) + "\x7f\xb9\x16" + std::string(3000, 'v');
  peer.client.send(frame(NGHTTP2_HEADERS, 0x5, 1, "\x82\x84\x86\x41\x01h" + literal + std::string(3000, '\xbe')));
  peer.exchange();
  ASSERT_EQ(peer.goaways.size(), 1u);
  EXPECT_EQ(peer.goaways[0].second, std::uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  EXPECT_TRUE(peer.client.closed);
}

TEST(Http2Limits, GivesUpOnABodyThatDoesNotArrive) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  const auto late = peer.send_fields(post(), false);
  peer.send_body(late, "abc", false);
  kernel.advance(10'000);
  const auto other = peer.get("/");
  kernel.advance(49'999);
  peer.exchange();
  EXPECT_THAT(peer.responses[late].status, IsEmpty());
  kernel.advance(1);
  peer.exchange();
  EXPECT_EQ(peer.responses[late].status, "408");
  peer.client.answer(0, 200, "fine");
  peer.exchange();
  EXPECT_EQ(peer.responses[other].body, "fine");
}

TEST(Http2Limits, GivesUpOnAHeadThatDoesNotEnd) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  peer.client.send(frame(NGHTTP2_HEADERS, 0x1, 1, "\x82\x84\x86"));
  kernel.advance(9'999);
  peer.client.send(frame(NGHTTP2_CONTINUATION, 0, 1, "\x41\x01h"));
  EXPECT_FALSE(peer.client.closed);
  kernel.advance(1);
  EXPECT_TRUE(peer.client.closed);
}

TEST(Http2Limits, ClosesAConnectionThatNeverSaysMoreThanThePreface) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send("PRI * HTTP/2.0\r\n\r\n");
  kernel.advance(9'999);
  EXPECT_FALSE(client.closed);
  kernel.advance(1);
  EXPECT_TRUE(client.closed);
}

TEST(Http2Limits, KeepsAnIdleConnectionForItsTime) {
  FakeKernel kernel;
  kernel.answer_at_once = [](const Asked&) { return "x"; };
  Http2Peer peer(kernel);
  kernel.advance(10'000);
  peer.get("/");
  kernel.advance(65'000);
  kernel.advance(9'999);
  nghttp2_submit_ping(peer.session(), NGHTTP2_FLAG_NONE, nullptr);
  peer.exchange();
  EXPECT_FALSE(peer.client.closed);
  kernel.advance(1);
  EXPECT_TRUE(peer.client.closed) << "a ping is no request";
  peer.exchange();
  EXPECT_THAT(peer.goaways, ElementsAre(Pair(1, std::uint32_t{NGHTTP2_NO_ERROR})));
}

TEST(Http2Limits, NeverTimesOutWhileAServiceWorks) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  const auto stream = peer.get("/");
  for (int i = 0; i < 5; ++i) kernel.advance(1'000'000);
  peer.client.answer(0, 200, "at last");
  peer.exchange();
  EXPECT_EQ(peer.responses[stream].body, "at last");
}

TEST(Http2Limits, EndsWhatIsNotHttp2) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n");
  EXPECT_TRUE(client.closed);
  Http2Peer peer(kernel);
  peer.client.send(frame(NGHTTP2_DATA, 0, 1, "on a stream nobody opened"));
  peer.exchange();
  EXPECT_THAT(peer.goaways, ElementsAre(Pair(0, std::uint32_t{NGHTTP2_PROTOCOL_ERROR})));
  EXPECT_TRUE(peer.client.closed);
}

TEST(Http2Drain, EndsAnIdleConnectionAfterARoundTrip) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  peer.client.drain();
  EXPECT_FALSE(peer.client.closed);
  peer.exchange();
  EXPECT_THAT(peer.goaways, ElementsAre(Pair(0x7fffffff, 0u), Pair(0, 0u)));
  EXPECT_TRUE(peer.client.closed);
}

TEST(Http2Drain, AnswersWhatItTookAndWhatWasOnItsWay) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  const auto before = peer.get("/before");
  peer.client.drain();
  const auto meanwhile = peer.get("/meanwhile");  // leaves before what the server said is read
  ASSERT_EQ(peer.client.asked.size(), 2u);
  EXPECT_EQ(peer.goaways.back(), std::pair(meanwhile, 0u));
  peer.client.send(frame(NGHTTP2_HEADERS, 0x5, 5, "\x82\x84\x86\x41\x01h"));
  EXPECT_EQ(peer.client.asked.size(), 2u);
  peer.client.answer(1, 200, "");
  EXPECT_FALSE(peer.client.closed);
  peer.client.answer(0, 200, "last");
  peer.exchange();
  EXPECT_EQ(peer.responses[before].body, "last");
  EXPECT_TRUE(peer.client.closed);
}

TEST(Http2Drain, WaitsForNoClientThatDoesNotAnswerThePing) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  peer.client.drain();
  kernel.advance(999);
  EXPECT_FALSE(peer.client.closed);
  kernel.advance(1);
  EXPECT_TRUE(peer.client.closed);
}

}  // namespace
}  // namespace transport_http::testing

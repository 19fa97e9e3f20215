// HTTP/2 connections through the protocol's C table: requests, answers, flow control.
#include <gmock/gmock-more-matchers.h>

#include "http2_peer.hpp"

namespace transport_http::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::string_view kHead = "\x82\x84\x86\x41\x01h";  // GET / http h
constexpr std::string_view kWide =
    R"({"body_bytes":300000,"head_bytes":1024,"target_bytes":256,"header_count":10,"pipelined_requests":3,)"
    R"("streams":4,"buffered_bytes":400000,"gzip":true,)"
    R"("unfinished_bytes":1000000,"head_timeout":10000,"body_timeout":60000,"idle_timeout":75000})";

TEST(Http2Connection, HandsRequestsToServicesAndAnswers) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  const auto stream = peer.request("POST", "/topics/a%20b?x=1", {{"x-key", "v"}}, "hi");
  ASSERT_EQ(peer.client.asked.size(), 1u);
  const Asked& asked = peer.client.asked[0];
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.path, "/topics/a b");
  EXPECT_EQ(asked.query, "x=1");
  EXPECT_EQ(asked.body, "hi");
  EXPECT_THAT(asked.headers, ElementsAre(Pair("x-key", "v"), Pair("host", "h")));
  peer.client.answer(0, 200, "done");
  peer.exchange();
  const Http2Response& response = peer.responses[stream];
  EXPECT_EQ(response.status, "200");
  EXPECT_EQ(response.body, "done");
  EXPECT_THAT(response.fields, ElementsAre(Pair("content-length", "4"), Pair("content-type", "text/plain"),
                                           Pair("date", "Thu, 01 Jan 1970 00:00:00 GMT")));
  EXPECT_FALSE(response.reset);
  EXPECT_FALSE(peer.client.closed);
}

TEST(Http2Connection, AnswersInAnyOrder) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  const auto first = peer.get("/1");
  const auto second = peer.get("/2");
  const auto third = peer.get("/3");
  ASSERT_EQ(peer.client.asked.size(), 3u);
  peer.client.answer(2, 200, "third");
  peer.exchange();
  EXPECT_EQ(peer.responses[third].body, "third");
  EXPECT_FALSE(peer.responses[first].complete);
  peer.client.answer(0, 200, "first");
  peer.client.answer(1, 404, "");
  peer.exchange();
  EXPECT_EQ(peer.responses[first].body, "first");
  EXPECT_EQ(peer.responses[second].body, R"({"error":{"code":"NotFound","message":"nothing answers at this path"}})");
  EXPECT_EQ(peer.responses[second].fields["content-type"], "application/json");
}

TEST(Http2Connection, TakesAnswersGivenInsideTheCall) {
  FakeKernel kernel;
  kernel.answer_at_once = [](const Asked& asked) { return asked.path; };
  Http2Peer peer(kernel);
  for (int i = 0; i < 500; ++i) {
    const auto stream = peer.get("/" + std::to_string(i));
    ASSERT_EQ(peer.responses[stream].body, "/" + std::to_string(i));
  }
  EXPECT_THAT(peer.goaways, IsEmpty());
}

TEST(Http2Connection, RefusesStreamsAboveTheirNumber) {
  FakeKernel kernel;
  FakeClient client(kernel);  // one that has not seen our settings; a library would wait
  client.send(std::string(NGHTTP2_CLIENT_MAGIC) + frame(NGHTTP2_SETTINGS, 0, 0, ""));
  client.received();
  std::string requests;
  for (std::uint32_t id = 1; id < 11; id += 2) requests += frame(NGHTTP2_HEADERS, 0x5, id, kHead);
  client.send(requests);
  EXPECT_EQ(client.received(), frame(NGHTTP2_RST_STREAM, 0, 9, std::string("\0\0\0\7", 4)));
  EXPECT_EQ(client.asked.size(), 4u);
  // After it has, it is no mistake any more.
  client.send(frame(NGHTTP2_SETTINGS, 0x1, 0, "") + frame(NGHTTP2_HEADERS, 0x5, 11, kHead));
  EXPECT_TRUE(client.closed);
}

TEST(Http2Connection, TakesBodiesBeyondTheFirstWindow) {
  FakeKernel kernel(kWide);
  Http2Peer peer(kernel);
  const std::string body(300000, 'b');
  peer.request("POST", "/", {}, body);
  peer.request("POST", "/", {{"content-length", "300000"}}, body);
  ASSERT_EQ(peer.client.asked.size(), 2u);
  EXPECT_EQ(peer.client.asked[0].body, body);
  EXPECT_EQ(peer.client.asked[1].body, body);
}

TEST(Http2Connection, LetsBodiesWaitUntilThereIsRoomForAllOfThem) {
  FakeKernel kernel(kWide);
  Http2Peer peer(kernel);
  const Fields fields{
      {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}, {"content-length", "300000"}};
  const auto first = peer.send_fields(fields, false);
  const auto second = peer.send_fields(fields, false);
  peer.send_body(second, std::string(300000, '2'), true);
  EXPECT_EQ(peer.unsent_body(second), 300000u - 65535u);
  peer.send_body(first, std::string(299999, '1'), false);
  EXPECT_EQ(peer.unsent_body(first), 0u);
  EXPECT_THAT(peer.client.asked, IsEmpty());
  peer.send_body(first, "1", true);
  ASSERT_EQ(peer.client.asked.size(), 2u);
  EXPECT_EQ(peer.client.asked[1].body, std::string(300000, '2'));
}

TEST(Http2Connection, UnfinishedBodiesOfAllStreamsAreBounded) {
  std::string config(kWide);
  config.replace(config.find("1000000"), 7, "65536");  // one body of 300000 has room all the same
  FakeKernel kernel(config);
  Http2Peer peer(kernel);
  const Fields fields{
      {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}, {"content-length", "300000"}};
  const auto first = peer.send_fields(fields, false);
  const auto second = peer.send_fields(fields, false);
  peer.send_body(first, std::string(299999, '1'), false);
  peer.send_body(second, std::string(1000, '2'), false);
  EXPECT_EQ(peer.responses[second].status, "503");
  peer.send_body(first, "1", true);
  EXPECT_EQ(peer.client.asked.size(), 1u);
}

TEST(Http2Connection, FreesTheRoomOfBodiesThatWereGivenUp) {
  FakeKernel kernel(kWide);
  Http2Peer peer(kernel);
  const Fields fields{{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  const auto first = peer.send_fields(fields, false);
  const auto second = peer.send_fields(fields, false);
  peer.send_body(second, std::string(100000, '2'), true);
  EXPECT_THAT(peer.client.asked, IsEmpty());
  peer.reset(first);
  ASSERT_EQ(peer.client.asked.size(), 1u);
  EXPECT_EQ(peer.client.asked[0].body.size(), 100000u);
}

TEST(Http2Connection, SendsLargeAnswersAsTheClientTakesThem) {
  FakeKernel kernel;
  kernel.answer_at_once = [](const Asked&) { return std::string(500000, 'x'); };
  Http2Peer peer(kernel, 1000);
  const auto stream = peer.get("/");
  EXPECT_EQ(peer.responses[stream].body.size(), 500000u);
  EXPECT_TRUE(peer.responses[stream].complete);
  EXPECT_THAT(peer.goaways, IsEmpty()) << "one update of the window each thousand bytes is no flood";
}

TEST(Http2Connection, AsksNobodyElseWhileManyAnswersAreNotTaken) {
  FakeKernel kernel;
  kernel.answer_at_once = [](const Asked&) { return std::string(50000, 'x'); };
  Http2Peer peer(kernel, 0, false);
  const auto first = peer.get("/1");
  peer.get("/2");
  peer.get("/3");
  EXPECT_EQ(peer.client.asked.size(), 2u);
  nghttp2_submit_window_update(peer.session(), NGHTTP2_FLAG_NONE, first, 50000);
  peer.exchange();
  EXPECT_EQ(peer.responses[first].body.size(), 50000u);
  EXPECT_EQ(peer.client.asked.size(), 3u);
}

TEST(Http2Connection, GivesUpOnAnAnswerOfWhichNothingIsTaken) {
  FakeKernel kernel;
  kernel.answer_at_once = [](const Asked&) { return std::string(1000, 'x'); };
  Http2Peer peer(kernel, 0, false);
  const auto stream = peer.get("/");
  kernel.advance(10'000);
  kernel.advance(64'999);
  peer.exchange();
  EXPECT_FALSE(peer.responses[stream].reset);
  kernel.advance(1);
  peer.exchange();
  EXPECT_EQ(peer.responses[stream].reset, std::uint32_t{NGHTTP2_CANCEL});
}

TEST(Http2Connection, ReadsNothingWhileTheSocketTakesNothing) {
  FakeKernel kernel(kWide);
  kernel.answer_at_once = [](const Asked&) { return std::string(200000, 'x'); };
  Http2Peer peer(kernel, 1 << 30);
  nghttp2_session_set_local_window_size(peer.session(), NGHTTP2_FLAG_NONE, 0, 1 << 30);
  peer.exchange();
  peer.client.reads = false;
  peer.receives = false;
  for (int i = 0; i < 4; ++i) peer.get("/");
  EXPECT_TRUE(peer.client.paused);
  EXPECT_EQ(peer.client.asked.size(), 2u);
  EXPECT_LT(peer.client.output.size(), 300000u);
  peer.receives = true;
  for (int i = 0; i < 10; ++i) {
    peer.exchange();
    kernel.advance(20);
  }
  EXPECT_FALSE(peer.client.paused);
  EXPECT_EQ(peer.client.asked.size(), 4u);
  EXPECT_EQ(peer.responses[7].body.size(), 200000u);
}

TEST(Http2Connection, GivesUpOnWhoTakesNothing) {
  FakeKernel kernel(kWide);
  kernel.answer_at_once = [](const Asked&) { return std::string(200000, 'x'); };
  Http2Peer peer(kernel, 1 << 30);
  nghttp2_session_set_local_window_size(peer.session(), NGHTTP2_FLAG_NONE, 0, 1 << 30);
  peer.exchange();
  peer.client.reads = false;
  peer.receives = false;
  for (int i = 0; i < 4; ++i) peer.get("/");
  for (int i = 0; i < 74; ++i) kernel.advance(1'000);
  EXPECT_FALSE(peer.client.closed);
  for (int i = 0; i < 3; ++i) kernel.advance(1'000);
  EXPECT_TRUE(peer.client.closed);
}

TEST(Http2Connection, AnswersHeadWithoutBody) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  const auto stream = peer.request("HEAD", "/");
  peer.client.answer(0, 200, "hidden");
  peer.exchange();
  EXPECT_TRUE(peer.responses[stream].complete);
  EXPECT_EQ(peer.responses[stream].fields["content-length"], "6");
  EXPECT_THAT(peer.responses[stream].body, IsEmpty());
}

TEST(Http2Connection, AnswersOptionsAsteriskItself) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  const auto stream = peer.request("OPTIONS", "*");
  EXPECT_THAT(peer.client.asked, IsEmpty());
  EXPECT_EQ(peer.responses[stream].status, "204");
  EXPECT_TRUE(peer.responses[stream].complete);
}

TEST(Http2Connection, TellsAClientToContinue) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  const auto stream = peer.send_fields(
      {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}, {"expect", "100-continue"}},
      false);
  EXPECT_THAT(peer.responses[stream].interim, ElementsAre("100"));
  peer.send_body(stream, "ok", true);
  peer.client.answer(0, 200, "");
  peer.exchange();
  EXPECT_EQ(peer.client.asked[0].body, "ok");
  EXPECT_EQ(peer.responses[stream].status, "200");
}

TEST(Http2Connection, PutsCookiesTogether) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  peer.get("/", {{"cookie", "a=1"}, {"x", "y"}, {"cookie", "b=2"}});
  EXPECT_THAT(peer.client.asked.at(0).headers, Contains(Pair("cookie", "a=1; b=2")));
}

TEST(Http2Connection, AllowsTrailersAndIgnoresThem) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  peer.client.send(frame(NGHTTP2_HEADERS, 0x4, 1, "\x83\x84\x86\x41\x01h") + frame(NGHTTP2_DATA, 0, 1, "hi") +
                   frame(NGHTTP2_HEADERS, 0x5, 1, std::string("\0\1x\1y", 5)));
  ASSERT_EQ(peer.client.asked.size(), 1u);
  EXPECT_EQ(peer.client.asked[0].body, "hi");
  EXPECT_THAT(peer.client.asked[0].headers, ElementsAre(Pair("host", "h")));
}

TEST(Http2Connection, ForgetsARequestThatIsGivenUpButNotItsService) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  for (int i = 0; i < 4; ++i) peer.reset(peer.get("/"));
  const auto waiting = peer.get("/waits");
  EXPECT_EQ(peer.client.asked.size(), 4u) << "services work on no more, whoever still wants to know";
  peer.client.answer(0, 200, "too late");
  peer.exchange();
  ASSERT_EQ(peer.client.asked.size(), 5u);
  peer.client.answer(4, 200, "in time");
  peer.exchange();
  EXPECT_EQ(peer.responses[waiting].body, "in time");
}

TEST(Http2Connection, MayEndWhileServicesStillWork) {
  FakeKernel kernel;
  {
    Http2Peer peer(kernel);
    peer.get("/1");
    peer.get("/2");
  }
  EXPECT_THAT(kernel.clients, IsEmpty());
}

}  // namespace
}  // namespace transport_http::testing

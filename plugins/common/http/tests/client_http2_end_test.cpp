// Streams and connections of HTTP/2 that end before the answer: what is sent again, and what never is.
#include "http2_fixture.hpp"

namespace trellis::http::testing {
namespace {

using ::testing::ElementsAre;

TEST_F(Http2Client, AStreamThatTimesOutLeavesItsConnectionToTheOthers) {
  ClientRequest soon = get("https://h/");
  soon.deadline = 5s;
  const auto slow = send(std::move(soon));
  const auto other = send(get("https://h/"));
  Http2Server server = serve();
  host_.advance(1s);
  server.ok(3);
  EXPECT_EQ(other->status(), 200U);
  const auto third = send(get("https://h/"));
  host_.advance(5s);
  EXPECT_EQ(slow->error(), "GET https://h: timed out after 5000 ms while waiting for the answer");
  server.exchange();
  EXPECT_THAT(server.requests[1].resets, ElementsAre(NGHTTP2_CANCEL));
  EXPECT_EQ(server.pings, 0) << "something came meanwhile";
  server.ok(5);
  EXPECT_EQ(third->status(), 200U);
  EXPECT_TRUE(server.connection.open());
}

TEST_F(Http2Client, AServerThatIsSilentIsAskedWhetherItIsThere) {
  send(get("https://h/first"));
  Http2Server server = serve();
  server.ok(1);
  host_.advance(10s);
  ClientRequest soon = get("https://h/");
  soon.deadline = 5s;
  const auto slow = send(std::move(soon));
  const auto other = send(get("https://h/"));
  host_.advance(6s);
  EXPECT_EQ(slow->failure(), Failure::timeout);
  server.exchange();
  EXPECT_EQ(server.pings, 1);
  host_.advance(6s);
  EXPECT_TRUE(server.connection.open()) << "it said that it is";
  server.ok(5);
  EXPECT_EQ(other->status(), 200U);
}

TEST_F(Http2Client, AndIsLeftWhereItSaysNothing) {
  send(get("https://h/first"));
  Http2Server server = serve();
  server.ok(1);
  server.receives = false;
  host_.advance(10s);
  ClientRequest soon = post("https://h/");
  soon.deadline = 5s;
  const auto slow = send(std::move(soon));
  const auto other = send(post("https://h/"));
  host_.advance(6s);
  EXPECT_EQ(slow->failure(), Failure::timeout);
  EXPECT_FALSE(other->done());
  const auto next = send(post("https://h/next"));
  EXPECT_EQ(host_.dials().size(), 1U) << "nothing new goes there";
  host_.advance(6s);
  EXPECT_EQ(other->error(), "POST https://h: the server is silent, and answers no ping");
  EXPECT_EQ(other->failure(), Failure::closed);
  EXPECT_FALSE(server.connection.open());
  Http2Server fresh = serve();
  fresh.ok(1);
  EXPECT_EQ(next->status(), 200U);
}

TEST_F(Http2Client, ARequestAloneOnASilentConnectionTakesItWithIt) {
  const auto watch = send(get("https://h/"));
  Http2Server server = serve();
  host_.advance(31s);
  EXPECT_EQ(watch->failure(), Failure::timeout);
  EXPECT_FALSE(server.connection.open());
}

TEST_F(Http2Client, WhatACancelledRequestHadIsForTheOthers) {
  const auto watch = send(get("https://h/"));
  Http2Server server = serve();
  EXPECT_TRUE(cancel(*watch));
  server.exchange();
  EXPECT_THAT(server.requests[1].resets, ElementsAre(NGHTTP2_CANCEL));
  EXPECT_FALSE(watch->done());
  const auto next = send(get("https://h/"));
  server.exchange();
  server.ok(3);
  EXPECT_EQ(next->status(), 200U);
}

TEST_F(Http2Client, AStreamThatWasRefusedGoesAgain) {
  const auto watch = send(post("https://h/"));
  Http2Server server = serve();
  server.reset(1, NGHTTP2_REFUSED_STREAM);
  EXPECT_THAT(server.open(), ElementsAre(3));
  server.ok(3, "there");
  EXPECT_EQ(watch->body(), "there");
  EXPECT_EQ(metric("repeated_total"), 1);
}

TEST_F(Http2Client, ButNotForEver) {
  const auto watch = send(post("https://h/"));
  Http2Server server = serve();
  for (int i = 0; i < 10 && !server.open().empty(); ++i) server.reset(server.open()[0], NGHTTP2_REFUSED_STREAM);
  EXPECT_EQ(server.requests.size(), 4U);
  EXPECT_EQ(watch->error(), "POST https://h: the server takes no more requests now");
  EXPECT_EQ(watch->failure(), Failure::full);
  EXPECT_FALSE(watch->result->error().sent);
}

TEST_F(Http2Client, AStreamThatWasResetHasFailed) {
  const auto watch = send(get("https://h/"));
  const auto other = send(get("https://h/"));
  Http2Server server = serve();
  server.reset(1, NGHTTP2_INTERNAL_ERROR);
  EXPECT_EQ(watch->error(), "GET https://h: the server reset the stream: INTERNAL_ERROR");
  EXPECT_EQ(watch->failure(), Failure::closed);
  EXPECT_TRUE(watch->result->error().sent);
  server.ok(3);
  EXPECT_EQ(other->status(), 200U);
}

TEST_F(Http2Client, AnAnswerThatWasBegunIsNotSentAgain) {
  const auto watch = send(get("https://h/"));
  Http2Server server = serve();
  server.answer(1, {{":status", "200"}}, "da", false);
  server.reset(1, NGHTTP2_REFUSED_STREAM);
  EXPECT_EQ(watch->failure(), Failure::closed);
}

TEST_F(Http2Client, WhoGoesAwayFinishesWhatItBegan) {
  make({.connections_per_host = 2, .earned_connections = true});
  const auto all = send_many(4, post("https://h/"));
  Http2Server server = serve();
  ASSERT_EQ(server.open().size(), 4U);
  server.go_away(3);
  ASSERT_EQ(host_.dials().size(), 1U) << "for those it did not begin with";
  Http2Server next = serve();
  EXPECT_THAT(next.open(), ElementsAre(1, 3));
  server.ok(1, "old");
  EXPECT_TRUE(server.connection.open());
  server.ok(3, "old");
  EXPECT_FALSE(server.connection.open());
  next.ok(1, "new");
  next.ok(3, "new");
  EXPECT_EQ(all[0]->body() + all[1]->body() + all[2]->body() + all[3]->body(), "oldoldnewnew");
  EXPECT_EQ(open_connections("h2"), 1);
}

TEST_F(Http2Client, WhoGoesAwayWhileNothingIsUnderWayIsLeft) {
  send(get("https://h/"));
  Http2Server server = serve();
  server.ok(1);
  server.go_away(1);
  EXPECT_FALSE(server.connection.open());
  EXPECT_EQ(metric("connections"), 0);
}

TEST_F(Http2Client, AnAnnouncedEndTakesNothingNew) {
  const auto first = send(get("https://h/"));
  Http2Server server = serve();
  server.go_away(INT32_MAX);
  send(get("https://h/"));
  EXPECT_EQ(host_.dials().size(), 1U);
  server.ok(1);
  EXPECT_EQ(first->status(), 200U);
}

TEST_F(Http2Client, WhatWasUnderWayIsLostWithItsConnection) {
  const auto silent = send(post("https://h/"));
  const auto begun = send(post("https://h/"));
  Http2Server server = serve();
  server.answer(3, {{":status", "200"}}, "da", false);
  server.connection.disconnect();
  EXPECT_EQ(silent->error(), "POST https://h: the connection ended before the answer: the peer closed the connection");
  EXPECT_EQ(begun->error(), "POST https://h: the connection ended within the answer: the peer closed the connection");
  EXPECT_EQ(metric("streams"), 0);
  EXPECT_EQ(metric("connections"), 0);
}

TEST_F(Http2Client, OnAKeptConnectionItGoesOnceMoreOverAFreshOne) {
  send(get("https://h/first"));
  Http2Server server = serve();
  server.ok(1);
  const auto again = send_many(3, get("https://h/"));
  const auto never = send(post("https://h/"));
  server.connection.disconnect();
  EXPECT_EQ(never->failure(), Failure::closed);
  host_.turn();
  ASSERT_EQ(host_.dials().size(), 1U);
  Http2Server fresh = serve();
  EXPECT_THAT(fresh.open(), ElementsAre(1, 3, 5));
  fresh.ok(1);
  fresh.connection.disconnect();
  EXPECT_EQ(again[0]->status(), 200U);
  EXPECT_EQ(again[1]->failure(), Failure::closed) << "only once";
  EXPECT_TRUE(host_.dials().empty());
}

TEST_F(Http2Client, WhoWantsHttp1GetsIt) {
  const auto watch = send(post("https://h/"));
  Http2Server server = serve();
  server.reset(1, NGHTTP2_HTTP_1_1_REQUIRED);
  ASSERT_EQ(host_.dials().size(), 1U);
  EXPECT_EQ(host_.dials()[0].alpn, "http/1.1");
  host_.answer_dial({{TRELLIS_FACT_TLS_ALPN, "http/1.1"}}).send(ok("old"));
  EXPECT_EQ(watch->body(), "old");
}

TEST_F(Http2Client, ACallbackMayDestroyTheClientWhileOthersAreUnderWay) {
  const auto first = send(get("https://h/"), [this] { destroy(); });
  const auto second = send(get("https://h/"));
  Http2Server server = serve();
  server.ok(1);
  EXPECT_EQ(first->status(), 200U);
  EXPECT_FALSE(second->done());
  EXPECT_FALSE(server.connection.open());
  server.exchange();
  EXPECT_THAT(server.goaways, ElementsAre(NGHTTP2_NO_ERROR)) << "it said goodbye";
}

TEST_F(Http2Client, AlsoWhenTheirConnectionIsLost) {
  const auto first = send(get("https://h/"), [this] { destroy(); });
  const auto second = send(get("https://h/"));
  Http2Server server = serve();
  server.connection.disconnect();
  EXPECT_TRUE(first->done());
  EXPECT_FALSE(second->done());
}

TEST_F(Http2Client, ACallbackMayCancelAnotherAnswerOfTheSameRead) {
  std::shared_ptr<Watch> second;
  const auto first = send(get("https://h/"),
                          [&] { on_shard([&](Shard& shard) { EXPECT_TRUE(client(shard).cancel(second->number)); }); });
  second = send(get("https://h/"));
  Http2Server server = serve();
  server.connection.send("");
  const std::string head = "\x88";  // :status 200
  server.send(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, head) +
              frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 3, head));
  EXPECT_EQ(first->status(), 200U);
  EXPECT_FALSE(second->done());
  EXPECT_EQ(metric("streams"), 0);
}

TEST_F(Http2Client, ClosesWithTheShard) {
  const auto watch = send(get("https://h/"));
  Http2Server server = serve();
  server.connection.end(TRELLIS_CLOSE_SHUTDOWN);
  EXPECT_EQ(watch->failure(), Failure::stopped);
  EXPECT_TRUE(host_.dials().empty());
}

}  // namespace
}  // namespace trellis::http::testing

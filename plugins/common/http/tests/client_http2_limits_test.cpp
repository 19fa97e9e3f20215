// Servers of HTTP/2 that send too much, or what makes work and carries no answer.
#include "http2_fixture.hpp"

namespace trellis::http::testing {
namespace {

using ::testing::ElementsAre;

class Http2Limits : public Http2Client {
 protected:
  Http2Limits() {
    ClientRequest request = get("https://h/");
    request.max_response_bytes = 1000;
    watch_ = send(request);
    request.status_is_enough = true;
    status_ = send(request);
    other_ = send(get("https://h/"));
    server_.emplace(dialled());
  }
  // Whether so many of these frames end the connection in the way floods do.
  void expect_flood(const std::string& frames) {
    server_->send(frames);
    EXPECT_FALSE(server_->connection.open());
    EXPECT_EQ(watch_->error(), "GET https://h: the server sends too many frames that carry no answer");
    EXPECT_EQ(watch_->failure(), Failure::malformed);
    EXPECT_TRUE(other_->done());
    EXPECT_EQ(metric("streams"), 0);
  }
  void expect_others_go_on() {
    server_->ok(5, "fine");
    EXPECT_EQ(other_->body(), "fine");
  }

  std::shared_ptr<Watch> watch_;
  std::shared_ptr<Watch> status_;  // its status is enough
  std::shared_ptr<Watch> other_;
  std::optional<Http2Server> server_;
};

TEST_F(Http2Limits, ABodyWithoutEndIsCut) {
  for (const std::int32_t id : {1, 3}) {
    server_->answer(id, {{":status", "500"}}, std::string(800, 'x'), false);
    server_->data(id, std::string(800, 'x'), false);
    EXPECT_THAT(server_->requests[id].resets, ElementsAre(NGHTTP2_CANCEL));
  }
  EXPECT_EQ(watch_->error(), "GET https://h: the answer cannot be taken: the body is too large");
  EXPECT_EQ(watch_->failure(), Failure::too_large);
  EXPECT_EQ(status_->status(), 500U);
  EXPECT_EQ(status_->body(), "");
  expect_others_go_on();
}

TEST_F(Http2Limits, AnnouncedLengthsThatAreTooLargeAreNotWaitedFor) {
  server_->answer(1, {{":status", "200"}, {"content-length", "99999999999"}}, "", false);
  EXPECT_EQ(watch_->failure(), Failure::too_large);
  server_->answer(3, {{":status", "200"}, {"content-length", "1001"}}, "", false);
  EXPECT_EQ(status_->status(), 200U);
  expect_others_go_on();
}

TEST_F(Http2Limits, TheStatusOfABrokenAnswerMayBeEnough) {
  server_->answer(1, {{":status", "200"}}, "half", false);
  server_->reset(1, NGHTTP2_INTERNAL_ERROR);
  EXPECT_EQ(watch_->failure(), Failure::closed);
  server_->answer(3, {{":status", "202"}}, "half", false);
  server_->reset(3, NGHTTP2_INTERNAL_ERROR);
  EXPECT_EQ(status_->status(), 202U);
  EXPECT_EQ(status_->body(), "");
  expect_others_go_on();
  ClientRequest request = get("https://h/");
  request.status_is_enough = true;
  request.deadline = 5s;
  const auto coded = send(request);
  server_->exchange();
  server_->answer(7, {{":status", "503"}, {"content-encoding", "gzip"}}, "no gzip");
  EXPECT_EQ(coded->status(), 503U);
  const auto late = send(request);
  const auto unanswered = send(request);
  server_->exchange();
  server_->answer(9, {{":status", "200"}}, "half", false);
  host_.advance(5s);
  EXPECT_EQ(late->status(), 200U);
  EXPECT_EQ(unanswered->failure(), Failure::timeout);
}

TEST_F(Http2Limits, ABrokenConnectionLeavesTheStatusesThatCame) {
  server_->answer(3, {{":status", "202"}}, "half", false);
  server_->connection.disconnect();
  EXPECT_EQ(status_->status(), 202U);
  EXPECT_EQ(watch_->failure(), Failure::closed);
}

TEST_F(Http2Limits, AHeadThatIsTooLongIsCut) {
  Http2Fields fields{{":status", "200"}};
  for (int i = 0; i < 40; ++i) fields.emplace_back("x-" + std::to_string(i), std::string(1000, 'x'));
  server_->answer(1, fields);
  EXPECT_EQ(watch_->error(), "GET https://h: the answer cannot be taken: the header fields are too long");
  EXPECT_EQ(watch_->failure(), Failure::too_large);
  fields = {{":status", "200"}};
  for (int i = 0; i < 101; ++i) fields.emplace_back("x", "y");
  server_->answer(3, fields);
  EXPECT_EQ(status_->failure(), Failure::too_large) << "where the status is enough the head has to be one";
  expect_others_go_on();
}

TEST_F(Http2Limits, AHeadThatGoesOnForEverEndsTheConnection) {
  std::string field("\x40\x01x\x7f\xa1\x1f", 6);  // a literal of 4,096 bytes that goes into the table
  field.append(4000 + 128, 'y');
  server_->send(frame(NGHTTP2_HEADERS, 0, 1, "\x88"));
  std::string block = field;
  // And is named by one byte from then on.
  server_->send(frame(NGHTTP2_CONTINUATION, 0, 1, block + std::string(200, '\xbe')));
  EXPECT_FALSE(server_->connection.open());
  EXPECT_EQ(other_->failure(), Failure::malformed);
}

TEST_F(Http2Limits, InterimAnswersWithoutEndAreCut) {
  for (int i = 0; i < 17; ++i) server_->answer(1, {{":status", "103"}});
  EXPECT_EQ(watch_->error(), "GET https://h: the answer cannot be taken: there are too many interim responses");
  expect_others_go_on();
}

TEST_F(Http2Limits, AnAnswerThatLiesAboutItsLengthIsNone) {
  server_->answer(1, {{":status", "200"}, {"content-length", "10"}}, "abc");
  EXPECT_EQ(watch_->failure(), Failure::malformed);
  server_->answer(3, {{":status", "twohundred"}}, "abc");
  EXPECT_EQ(status_->failure(), Failure::malformed);
  expect_others_go_on();
}

TEST_F(Http2Limits, WhatIsNotHttp2EndsTheConnection) {
  server_->send("HTTP/1.1 400 Bad Request\r\n\r\n");
  EXPECT_EQ(watch_->error(), "GET https://h: what came is not HTTP/2");
  EXPECT_EQ(other_->failure(), Failure::malformed);
  EXPECT_FALSE(server_->connection.open());
}

TEST_F(Http2Limits, NothingMayBePushed) {
  server_->send(frame(NGHTTP2_PUSH_PROMISE, NGHTTP2_FLAG_END_HEADERS, 1, std::string("\0\0\0\2\x82\x84\x87", 7)));
  EXPECT_EQ(watch_->failure(), Failure::malformed);
  EXPECT_FALSE(server_->connection.open());
}

TEST_F(Http2Limits, FloodsOfPings) {
  expect_flood(repeat(frame(NGHTTP2_PING, 0, 0, "12345678"), 2000));
  server_->exchange();
  EXPECT_THAT(server_->goaways, ElementsAre(NGHTTP2_ENHANCE_YOUR_CALM));
}

TEST_F(Http2Limits, FloodsOfSettings) { expect_flood(repeat(frame(NGHTTP2_SETTINGS, 0, 0, ""), 2000)); }

TEST_F(Http2Limits, FloodsOfEmptyData) {
  server_->answer(1, {{":status", "200"}}, "a", false);
  expect_flood(repeat(frame(NGHTTP2_DATA, 0, 1, ""), 2000));
}

TEST_F(Http2Limits, FloodsOfEmptyContinuations) {
  expect_flood(frame(NGHTTP2_HEADERS, 0, 1, "\x88") + repeat(frame(NGHTTP2_CONTINUATION, 0, 1, ""), 2000));
}

TEST_F(Http2Limits, FloodsOfWindowUpdates) {
  expect_flood(repeat(frame(NGHTTP2_WINDOW_UPDATE, 0, 0, std::string("\0\0\0\1", 4)), 2000));
}

TEST_F(Http2Limits, FloodsOfHeadsForStreamsThatAreGone) {
  server_->answer(1, {{":status", "200"}}, std::string(2000, 'x'), false);
  EXPECT_EQ(watch_->failure(), Failure::too_large);
  server_->send(repeat(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, "\x88"), 2000));
  EXPECT_EQ(other_->failure(), Failure::malformed);
}

TEST_F(Http2Limits, AFloodOnAKeptConnectionEndsIt) {
  for (const std::int32_t id : {1, 3, 5}) server_->ok(id);
  server_->send(repeat(frame(NGHTTP2_PING, 0, 0, "12345678"), 2000));
  EXPECT_FALSE(server_->connection.open());
  EXPECT_EQ(metric("connections"), 0);
}

TEST_F(Http2Client, AServerThatAllowsNoStreamsIsNotAskedForEver) {
  const auto watch = send(post("https://h/"));
  Http2Server server = serve({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 0}});
  server.reset(1, NGHTTP2_REFUSED_STREAM);
  EXPECT_FALSE(watch->done());
  EXPECT_LE(metric("dialled_total"), 2);
  host_.advance(31s);
  EXPECT_EQ(watch->failure(), Failure::timeout);
  EXPECT_LE(metric("dialled_total"), 3);
}

}  // namespace
}  // namespace trellis::http::testing

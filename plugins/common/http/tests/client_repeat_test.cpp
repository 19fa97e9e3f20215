// Kept connections that end under a request: what is sent again, and what never is.
#include "client_fixture.hpp"

namespace trellis::http::testing {
namespace {

using ::testing::HasSubstr;

class ClientRepeat : public ClientTest {
 protected:
  ClientRepeat() {
    send(get("http://h/first"));
    server_.emplace(host_.answer_dial());
    server_->send(ok(""));
    (void)server_->received();
  }

  std::optional<ProtocolConnection> server_;
};

TEST_F(ClientRepeat, GoesOnceMoreOverAFreshConnection) {
  const auto watch = send(get("http://h/second"));
  EXPECT_THAT(server_->received(), HasSubstr("GET /second "));
  server_->disconnect();
  auto fresh = host_.answer_dial();
  EXPECT_THAT(fresh.received(), HasSubstr("GET /second "));
  EXPECT_EQ(metric("repeated_total"), 1);
  fresh.send(ok("there"));
  EXPECT_EQ(watch->body(), "there");
}

TEST_F(ClientRepeat, ButOnlyOnce) {
  const auto watch = send(get("http://h/second"));
  server_->disconnect();
  host_.answer_dial().disconnect();
  EXPECT_EQ(watch->error(), "GET http://h: the connection ended before the answer: the peer closed the connection");
  EXPECT_TRUE(watch->result->error().sent);
  EXPECT_TRUE(host_.dials().empty());
}

TEST_F(ClientRepeat, APostIsNeverSentTwice) {
  const auto watch = send(post("http://h/second"));
  server_->disconnect();
  EXPECT_EQ(watch->failure(), Failure::closed);
  EXPECT_TRUE(watch->result->error().sent);
  EXPECT_TRUE(host_.dials().empty());
}

TEST_F(ClientRepeat, UnlessItSaysThatItMay) {
  ClientRequest request = post("http://h/second");
  request.repeatable = true;
  const auto watch = send(std::move(request));
  server_->disconnect();
  auto fresh = host_.answer_dial();
  EXPECT_THAT(fresh.received(), HasSubstr("POST /second "));
  fresh.send(ok("there"));
  EXPECT_EQ(watch->body(), "there");
}

TEST_F(ClientRepeat, NotWhenTheAnswerHadBegun) {
  const auto watch = send(get("http://h/second"));
  server_->send("H");
  server_->disconnect();
  EXPECT_EQ(watch->error(), "GET http://h: the connection ended within the answer: the peer closed the connection");
}

TEST_F(ClientRepeat, NeverOverAnotherKeptConnection) {
  const auto second = send(get("http://h/second"));
  const auto third = send(get("http://h/third"));
  host_.answer_dial().send(ok(""));
  EXPECT_EQ(third->status(), 200U);
  server_->disconnect();
  auto fresh = host_.answer_dial();
  EXPECT_THAT(fresh.received(), HasSubstr("GET /second "));
}

TEST_F(ClientRepeat, WithinTheLimitOfConnections) {
  make({.connections_per_host = 1});
  send(get("http://h/first"));
  auto kept = host_.answer_dial();
  kept.send(ok(""));
  const auto watch = send(get("http://h/second"));
  kept.disconnect();
  EXPECT_EQ(host_.dials().size(), 1U);
  host_.answer_dial().send(ok("there"));
  EXPECT_EQ(watch->body(), "there");
  EXPECT_EQ(metric("connections"), 1);
}

TEST_F(ClientTest, AFreshConnectionThatEndsIsAFailure) {
  const auto watch = send(get("http://h/"));
  host_.answer_dial().disconnect();
  EXPECT_EQ(watch->failure(), Failure::closed);
  EXPECT_TRUE(host_.dials().empty());
}

}  // namespace
}  // namespace trellis::http::testing

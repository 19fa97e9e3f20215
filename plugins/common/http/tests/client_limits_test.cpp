// How much a client does at once, and for how long.
#include "client_fixture.hpp"

namespace trellis::http::testing {
namespace {

using ::testing::HasSubstr;

TEST_F(ClientTest, ConnectionsToOneHostAreLimited) {
  make({.connections_per_host = 2});
  for (int i = 0; i < 5; ++i) send(get("http://h/"));
  EXPECT_EQ(host_.dials().size(), 2U);
  EXPECT_EQ(metric("waiting"), 3);
  send(get("http://g/"));
  EXPECT_EQ(host_.dials().size(), 3U);
}

TEST_F(ClientTest, ConnectionsMayHaveToBeEarned) {
  make({.connections_per_host = 3, .earned_connections = true});
  ClientRequest soon = get("http://h/");
  soon.deadline = 5s;
  for (int i = 0; i < 6; ++i) send(soon);
  ASSERT_EQ(host_.dials().size(), 1U) << "nobody knows yet whether it answers";
  auto first = host_.answer_dial();
  first.send(ok(""));
  EXPECT_EQ(host_.dials().size(), 1U) << "one more";
  auto second = host_.answer_dial();
  second.send(ok(""));
  EXPECT_EQ(host_.dials().size(), 1U) << "and the last it may have";
  host_.answer_dial();
  host_.advance(6s);  // it answers nothing any more
  for (int i = 0; i < 3; ++i) send(soon);
  EXPECT_EQ(host_.dials().size(), 1U) << "it begins anew";
}

TEST_F(ClientTest, ConnectionsToAllHostsAreLimited) {
  make({.connections = 2});
  send(get("http://a/"));
  send(get("http://b/"));
  const auto third = send(get("http://c/"));
  EXPECT_EQ(host_.dials().size(), 2U);
  auto a = host_.answer_dial();
  a.send(ok(""));
  EXPECT_FALSE(a.open()) << "it makes room";
  ASSERT_EQ(host_.dials().size(), 2U);
  EXPECT_EQ(host_.dials()[1].host, "c");
}

TEST_F(ClientTest, TheLongestIdleConnectionMakesRoom) {
  make({.connections = 2});
  send(get("http://a/"));
  auto a = host_.answer_dial();
  send(get("http://b/"));
  auto b = host_.answer_dial();
  b.send(ok(""));
  host_.advance(1s);
  a.send(ok(""));
  send(get("http://c/"));
  EXPECT_TRUE(a.open());
  EXPECT_FALSE(b.open());
}

TEST_F(ClientTest, HostsTakeTurns) {
  make({.connections_per_host = 1, .connections = 1});
  send(get("http://busy/1"));
  for (int i = 0; i < 3; ++i) send(get("http://busy/"));
  const auto other = send(get("http://other/"));
  int served = 0;
  while (!other->done()) {
    ASSERT_FALSE(host_.dials().empty());
    auto server = host_.answer_dial();
    for (; server.open() && served < 9 && !server.received().empty(); ++served) server.send(ok(""));
  }
  EXPECT_LE(served, 3);
}

TEST_F(ClientTest, DialsToOneHostAreLimited) {
  make({.dialling_per_host = 1});
  for (int i = 0; i < 3; ++i) send(get("http://h/"));
  send(get("http://g/"));
  ASSERT_EQ(host_.dials().size(), 2U);
  const auto first = host_.answer_dial();
  host_.turn();
  EXPECT_TRUE(first.open());
  ASSERT_EQ(host_.dials().size(), 2U) << "the next one, now that this one is open";
  EXPECT_EQ(host_.dials()[1].host, "h");
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "no");  // g
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "no");
  host_.turn();
  EXPECT_EQ(host_.dials().size(), 1U);
}

TEST_F(ClientTest, AHostThatCannotBeReachedTakesNoConnectionAway) {
  make({.connections = 1});
  send(get("http://good/"));
  auto good = host_.answer_dial();
  good.send(ok(""));
  send(get("http://bad/"));
  EXPECT_FALSE(good.open()) << "nothing is known of it yet";
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "no");
  send(get("http://good/"));
  auto again = host_.answer_dial();
  again.send(ok(""));
  const auto waits = send(get("http://bad/"));
  EXPECT_TRUE(again.open());
  EXPECT_TRUE(host_.dials().empty());
  again.disconnect();
  host_.turn();
  ASSERT_EQ(host_.dials().size(), 1U) << "there is room";
  host_.answer_dial().send(ok("well"));
  EXPECT_EQ(waits->body(), "well");
}

TEST_F(ClientTest, AnIllHostUsesTheConnectionItHas) {
  make({.connections = 2});
  send(get("http://b/1"));
  auto own = host_.answer_dial();
  send(get("http://b/2"));
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "no");
  send(get("http://a/"));  // has the place of the one that failed
  host_.answer_dial();
  const auto waits = send(get("http://b/3"));
  EXPECT_TRUE(host_.dials().empty());
  own.send(ok("1"));
  own.received();
  own.send(ok("3"));
  EXPECT_EQ(waits->body(), "3");
}

TEST_F(ClientTest, AHostThatWasIllIsTakenForWellAfterAWhile) {
  make({.connections = 1, .idle_timeout = 10min});
  send(get("http://bad/"));
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "no");
  send(get("http://good/"));
  auto good = host_.answer_dial();
  good.send(ok(""));
  host_.advance(61s);
  send(get("http://bad/"));
  EXPECT_FALSE(good.open());
  EXPECT_EQ(host_.dials().size(), 1U);
}

TEST_F(ClientTest, OneHostHasAPartOfTheRoomForThoseThatWait) {
  make({.connections_per_host = 1, .waiting = 10, .waiting_per_host = 1});
  send(get("http://h/"));
  EXPECT_FALSE(send(get("http://h/"))->done());
  EXPECT_EQ(send(get("http://h/"))->error(), "GET http://h: 1 requests wait for a connection to it already");
  send(get("http://g/"));
  EXPECT_FALSE(send(get("http://g/"))->done());
}

TEST_F(ClientTest, TooManyWaitingAreRefused) {
  make({.connections_per_host = 1, .waiting = 1});
  send(get("http://h/"));
  const auto second = send(get("http://h/"));
  const auto third = send(get("http://h/"));
  EXPECT_EQ(third->error(), "GET http://h: 1 requests wait for a connection already");
  EXPECT_EQ(third->failure(), Failure::full);
  EXPECT_FALSE(third->result->error().sent);
  EXPECT_FALSE(second->done());
  EXPECT_EQ(metric("refused_total"), 1);
  EXPECT_EQ(metric("failures_total"), 1);
}

TEST_F(ClientTest, SoAreTooManyBytesWaiting) {
  make({.connections_per_host = 1, .waiting_bytes = 10});
  send(post("http://h/", "1234567890"));
  EXPECT_FALSE(send(post("http://h/", "123456"))->done());
  EXPECT_EQ(send(post("http://h/", "12345"))->failure(), Failure::full);
  EXPECT_FALSE(send(post("http://h/", "1234"))->done());
}

TEST_F(ClientTest, LargeAnswersAreRefused) {
  ClientRequest request = get("http://h/");
  request.max_response_bytes = 3;
  const auto watch = send(std::move(request));
  auto server = host_.answer_dial();
  server.send(ok("1234"));
  EXPECT_EQ(watch->failure(), Failure::too_large);
  EXPECT_EQ(watch->error(), "GET http://h: the answer cannot be taken: the body is too large");
  EXPECT_FALSE(server.open());
}

TEST_F(ClientTest, TheStatusOfALargeAnswerMayBeEnough) {
  ClientRequest request = get("http://h/");
  request.max_response_bytes = 3;
  request.status_is_enough = true;
  const auto watch = send(request);
  auto server = host_.answer_dial();
  server.send(ok("1234", "X-Said: yes\r\n"));
  EXPECT_EQ(watch->status(), 200U);
  EXPECT_EQ(watch->body(), "");
  EXPECT_FALSE(server.open());
  const auto chunked = send(request);
  auto other = host_.answer_dial();
  other.send("HTTP/1.1 202 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n");
  EXPECT_EQ(chunked->status(), 202U);
  const auto head = send(std::move(request));
  host_.answer_dial().send("HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x'));
  EXPECT_EQ(head->failure(), Failure::too_large);
}

TEST_F(ClientTest, TheStatusOfABrokenAnswerMayBeEnough) {
  ClientRequest request = post("http://h/");
  request.status_is_enough = true;
  const auto answered = [&](const std::string& bytes) {
    const auto watch = send(request);
    auto server = host_.answer_dial();
    server.send(bytes);
    if (server.open()) server.disconnect();
    return watch;
  };
  const auto broken = answered(ok("no gzip", "Content-Encoding: gzip\r\nRetry-After: 7\r\n"));
  EXPECT_EQ(broken->status(), 200U);
  EXPECT_EQ(broken->body(), "");
  EXPECT_EQ((*broken->result)->header("retry-after"), "7") << "the head is all there";
  EXPECT_EQ(answered("HTTP/1.1 202 OK\r\nContent-Length: 9\r\n\r\ncut")->status(), 202U);
  EXPECT_EQ(answered("HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\nno size")->status(), 503U);
  EXPECT_EQ(metric("failures_total"), 0);
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n")->failure(), Failure::closed) << "half a head";
  EXPECT_EQ(answered("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")->failure(),
            Failure::malformed);
  EXPECT_EQ(answered("HTTP/1.1 100 Continue\r\n\r\n")->failure(), Failure::closed);
  request.status_is_enough = false;
  EXPECT_EQ(answered(ok("no gzip", "Content-Encoding: gzip\r\n"))->failure(), Failure::malformed);
}

class ClientDeadline : public ClientTest {
 protected:
  std::shared_ptr<Watch> send_for_a_second() {
    ClientRequest request = post("http://h/", std::string(1000, 'x'));
    request.deadline = 1s;
    return send(std::move(request));
  }
  std::string error_of(const Watch& watch) {
    host_.advance(999ms);
    EXPECT_FALSE(watch.done());
    host_.advance(1ms);
    EXPECT_EQ(watch.failure(), Failure::timeout);
    return watch.error();
  }
};

TEST_F(ClientDeadline, CoversWaiting) {
  make({.connections_per_host = 1});
  send(get("http://h/"));
  const auto watch = send_for_a_second();
  EXPECT_EQ(error_of(*watch), "POST http://h: timed out after 1000 ms while waiting for a free connection");
  EXPECT_EQ(metric("waiting"), 0);
}

TEST_F(ClientDeadline, CoversConnecting) {
  const auto watch = send_for_a_second();
  EXPECT_EQ(host_.dials()[0].timeout, 1s);
  EXPECT_EQ(error_of(*watch), "POST http://h: timed out after 1000 ms while connecting");
  EXPECT_FALSE(watch->result->error().sent);
  EXPECT_TRUE(host_.dials().empty());
  EXPECT_EQ(metric("connections"), 0);
}

TEST_F(ClientDeadline, CoversSending) {
  const auto watch = send_for_a_second();
  auto server = host_.answer_dial();
  server.stall();
  EXPECT_EQ(error_of(*watch), "POST http://h: timed out after 1000 ms while sending");
  EXPECT_TRUE(watch->result->error().sent);
  EXPECT_FALSE(server.open());
}

TEST_F(ClientDeadline, CoversTheAnswer) {
  const auto watch = send_for_a_second();
  (void)host_.answer_dial();
  EXPECT_EQ(error_of(*watch), "POST http://h: timed out after 1000 ms while waiting for the answer");
  const auto second = send_for_a_second();
  host_.answer_dial().send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
  EXPECT_EQ(error_of(*second), "POST http://h: timed out after 1000 ms while reading the answer");
}

TEST_F(ClientDeadline, IsNoMatterOnceTheStatusIsKnownAndEnough) {
  ClientRequest request = post("http://h/");
  request.deadline = 1s;
  request.status_is_enough = true;
  const auto watch = send(request);
  auto server = host_.answer_dial();
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
  host_.advance(1s);
  EXPECT_EQ(watch->status(), 200U);
  EXPECT_FALSE(server.open());
  const auto silent = send(request);
  (void)host_.answer_dial();
  EXPECT_EQ(error_of(*silent), "POST http://h: timed out after 1000 ms while waiting for the answer");
}

TEST_F(ClientDeadline, FreesTheConnectionForOthers) {
  make({.connections_per_host = 1});
  const auto first = send_for_a_second();
  const auto second = send(get("http://h/second"));
  (void)host_.answer_dial();
  host_.advance(1s);
  EXPECT_TRUE(first->done());
  EXPECT_THAT(host_.answer_dial().received(), HasSubstr("GET /second "));
}

}  // namespace
}  // namespace trellis::http::testing

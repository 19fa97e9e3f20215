// A request from end to end, and connections that are kept for the next one.
#include "client_fixture.hpp"

namespace trellis::http::testing {
namespace {

using ::testing::HasSubstr;

TEST_F(ClientTest, SendsOnceItIsOpenAndAnswersOnce) {
  ClientRequest request = post("https://api.example.com:8443/events?x=1", "hello");
  request.headers = {{"Content-Type", "text/plain"}};
  request.layer = "partner-tls";
  const auto watch = send(std::move(request));
  ASSERT_EQ(host_.dials().size(), 1U);
  const auto wanted = host_.dials()[0];
  EXPECT_EQ(wanted.host, "api.example.com");
  EXPECT_EQ(wanted.port, 8443U);
  EXPECT_TRUE(wanted.secure);
  EXPECT_EQ(wanted.layer, "partner-tls");
  EXPECT_EQ(wanted.timeout, 10s);
  auto server = host_.answer_dial();
  EXPECT_EQ(server.received(),
            "POST /events?x=1 HTTP/1.1\r\nhost: api.example.com:8443\r\nContent-Type: text/plain\r\n"
            "user-agent: trellis\r\ncontent-length: 5\r\n\r\nhello");
  server.send("HTTP/1.1 201 Made\r\nX-Id: 7\r\nContent-Length: 4\r\n\r\nda");
  EXPECT_FALSE(watch->done());
  server.send("ta");
  ASSERT_TRUE(watch->done() && *watch->result);
  const ClientResponse& response = **watch->result;
  EXPECT_EQ(response.status, 201U);
  EXPECT_EQ(response.reason, "Made");
  EXPECT_EQ(response.header("x-id"), "7");
  EXPECT_EQ(response.header("x-other"), "");
  EXPECT_EQ(response.body, "data");
  EXPECT_EQ(response.url.host, "api.example.com");
  EXPECT_EQ(metric("requests_total"), 1);
  EXPECT_EQ(metric("failures_total"), 0);
}

TEST_F(ClientTest, ARequestMayNameItsOwnAgent) {
  ClientRequest request = get("http://h/");
  request.headers = {{"User-Agent", "mine"}};
  send(std::move(request));
  EXPECT_EQ(host_.answer_dial().received(), "GET / HTTP/1.1\r\nhost: h\r\nUser-Agent: mine\r\n\r\n");
}

TEST_F(ClientTest, KeepsTheConnectionForTheNextRequest) {
  const auto first = send(get("http://h/1"));
  auto server = host_.answer_dial();
  server.send(ok("one"));
  const auto second = send(get("http://h/2"));
  EXPECT_TRUE(host_.dials().empty());
  EXPECT_THAT(server.received(), HasSubstr("GET /2 "));
  server.send(ok("two"));
  EXPECT_EQ(first->body(), "one");
  EXPECT_EQ(second->body(), "two");
  EXPECT_EQ(metric("dialled_total"), 1);
  EXPECT_EQ(metric("connections"), 1);
}

TEST_F(ClientTest, KeepsThemApartBySchemeHostPortAndLayer) {
  send(get("http://h/"));
  auto server = host_.answer_dial();
  server.send(ok(""));
  send(get("https://h/"));
  send(get("http://g/"));
  send(get("http://h:81/"));
  ClientRequest layered = get("http://h/");
  layered.layer = "other";
  send(std::move(layered));
  EXPECT_EQ(host_.dials().size(), 4U);
}

TEST_F(ClientTest, NeverSendsTwoAtOnceOverOneConnection) {
  make({.connections_per_host = 1});
  send(get("http://h/1"));
  const auto second = send(get("http://h/2"));
  auto server = host_.answer_dial();
  EXPECT_THAT(server.received(), ::testing::Not(HasSubstr("/2")));
  EXPECT_EQ(metric("waiting"), 1);
  server.send(ok("one"));
  EXPECT_THAT(server.received(), HasSubstr("GET /2 "));
  EXPECT_EQ(metric("waiting"), 0);
  server.send(ok("two"));
  EXPECT_EQ(second->body(), "two");
}

class NotKept : public ClientTest, public ::testing::WithParamInterface<std::string_view> {};

TEST_P(NotKept, TheNextRequestIsDialled) {
  const auto watch = send(get("http://h/"));
  auto server = host_.answer_dial();
  server.send(GetParam());
  EXPECT_EQ(watch->status(), 200U);
  EXPECT_FALSE(server.open());
  EXPECT_EQ(metric("connections"), 0);
  send(get("http://h/"));
  EXPECT_EQ(host_.dials().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(
    Responses, NotKept,
    ::testing::Values("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                      "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore than it said",
                      "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1, max=5\r\nContent-Length: 0\r\n\r\n"));

TEST_F(ClientTest, AnAnswerBeforeTheRequestIsSentEndsTheConnection) {
  const auto watch = send(post("http://h/", std::string(100'000, 'x')));
  auto server = host_.answer_dial();
  server.stall();
  server.send("HTTP/1.1 413 Too much\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(watch->status(), 413U);
  EXPECT_FALSE(server.open());
}

TEST_F(ClientTest, ABodyWithoutALengthEndsWithTheConnection) {
  const auto watch = send(get("http://h/"));
  auto server = host_.answer_dial();
  server.send("HTTP/1.1 200 OK\r\n\r\nall of it");
  EXPECT_FALSE(watch->done());
  server.disconnect();
  EXPECT_EQ(watch->body(), "all of it");
  EXPECT_EQ(metric("connections"), 0);
}

TEST_F(ClientTest, ABodyWithoutALengthThatBreaksOffIsNone) {
  const auto watch = send(get("http://h/"));
  auto server = host_.answer_dial();
  server.send("HTTP/1.1 200 OK\r\n\r\nhalf of");
  server.end(TRELLIS_CLOSE_BROKEN);
  EXPECT_EQ(watch->error(), "GET http://h: the connection ended within the answer: the connection broke");
}

TEST_F(ClientTest, UnderTlsOnlyThePeersOwnGoodbyeEndsABody) {
  const auto whole = send(get("https://h/"));
  auto server = host_.answer_dial({{TRELLIS_FACT_ENDED, "yes"}});
  server.send("HTTP/1.1 200 OK\r\n\r\nall of it");
  server.end(TRELLIS_CLOSE_LAYER);
  EXPECT_EQ(whole->body(), "all of it");
  const auto cut = send(get("https://h/"));
  auto between = host_.answer_dial();
  between.send("HTTP/1.1 200 OK\r\n\r\nhalf of");
  between.disconnect();
  EXPECT_EQ(cut->error(), "GET https://h: the connection ended within the answer: the peer closed the connection");
}

TEST_F(ClientTest, ABodyThatALayerCutOffIsNone) {
  const auto watch = send(get("https://h/"));
  auto server = host_.answer_dial({{TRELLIS_FACT_ERROR, "the record is damaged"}});
  server.send("HTTP/1.1 200 OK\r\n\r\nhalf of");
  server.end(TRELLIS_CLOSE_LAYER);
  EXPECT_EQ(watch->error(), "GET https://h: the connection ended within the answer: the record is damaged");
}

TEST_F(ClientTest, IdleConnectionsEndAfterAWhile) {
  make({.idle_timeout = 5s});
  send(get("http://h/"));
  auto server = host_.answer_dial();
  server.send(ok(""));
  host_.advance(4900ms);
  EXPECT_TRUE(server.open());
  host_.advance(200ms);
  EXPECT_FALSE(server.open());
  EXPECT_EQ(metric("connections"), 0);
}

TEST_F(ClientTest, AServerThatSaysHowLongItKeepsThemIsBelieved) {
  send(get("http://h/"));
  auto server = host_.answer_dial();
  server.send(ok("", "Keep-Alive: timeout=5\r\n"));
  host_.advance(3900ms);
  EXPECT_TRUE(server.open());
  host_.advance(200ms);
  EXPECT_FALSE(server.open());
}

TEST_F(ClientTest, ABusyConnectionIsNotIdle) {
  make({.idle_timeout = 5s});
  send(get("http://h/"));
  auto server = host_.answer_dial();
  server.send(ok(""));
  const auto watch = send(get("http://h/"));
  host_.advance(10s);
  server.send(ok("late"));
  EXPECT_EQ(watch->body(), "late");
}

TEST_F(ClientTest, AConnectionThatSpeaksUnaskedIsNotKept) {
  send(get("http://h/"));
  auto server = host_.answer_dial();
  server.send(ok(""));
  server.send("HTTP/1.1 408 Request Timeout\r\n\r\n");
  EXPECT_FALSE(server.open());
  send(get("http://h/"));
  EXPECT_EQ(host_.dials().size(), 1U);
}

TEST_F(ClientTest, HeadHasNoBody) {
  ClientRequest request = get("http://h/");
  request.method = "HEAD";
  const auto watch = send(std::move(request));
  auto server = host_.answer_dial();
  server.send("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n");
  EXPECT_EQ(watch->status(), 200U);
  EXPECT_TRUE(server.open());
}

}  // namespace
}  // namespace trellis::http::testing

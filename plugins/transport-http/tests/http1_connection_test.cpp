// HTTP connections through the protocol's C table: order, persistence, limits, time.
#include <gmock/gmock-more-matchers.h>

#include "fake_kernel.hpp"

namespace transport_http::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view kGetAndClose = "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

std::string get(std::string_view path) { return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n"; }

TEST(Http1Connection, HandsRequestsToServicesAndAnswers) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send("POST /topics/a%20b?x=1 HTTP/1.1\r\nHost: h\r\nX-Key: v\r\nContent-Length: 2\r\n\r\nhi");
  ASSERT_EQ(client.asked.size(), 1u);
  EXPECT_EQ(client.asked[0].method, "POST");
  EXPECT_EQ(client.asked[0].path, "/topics/a b");
  EXPECT_EQ(client.asked[0].query, "x=1");
  EXPECT_EQ(client.asked[0].body, "hi");
  EXPECT_THAT(client.asked[0].headers, ::testing::Contains(::testing::Pair("x-key", "v")));
  client.answer(0, 200, "done");
  EXPECT_EQ(client.received(),
            "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\ncontent-type: text/plain\r\n"
            "content-length: 4\r\n\r\ndone");
  EXPECT_FALSE(client.closed);
}

TEST(Http1Connection, TellsTheHostWithoutItsPort) {
  FakeKernel kernel;
  FakeClient client(kernel);
  for (const char* host : {"Example.com", "example.com:8080", "[::1]", "[::1]:8080"}) {
    client.send("GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
    client.answer(client.asked.size() - 1, 204, "");
  }
  client.send("GET http://other.example:80/ HTTP/1.1\r\nHost: example.com\r\n\r\n");
  ASSERT_EQ(client.asked.size(), 5u);
  EXPECT_EQ(client.asked[0].host, "Example.com");
  EXPECT_EQ(client.asked[1].host, "example.com");
  EXPECT_EQ(client.asked[2].host, "[::1]");
  EXPECT_EQ(client.asked[3].host, "[::1]");
  EXPECT_EQ(client.asked[4].host, "other.example");
}

constexpr std::string_view kUpgrade =
    "GET /ws HTTP/1.1\r\nhost: h\r\nconnection: keep-alive, Upgrade\r\nupgrade: websocket\r\n\r\n";

TEST(Http1Connection, HandsOnAnUpgradeWithAllThatFollows) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.upgrades = true;
  client.send(get("/a"));
  client.answer(0, 200, "a");
  client.send(kUpgrade.substr(0, 30));
  client.send(std::string(kUpgrade.substr(30)) + "more");
  EXPECT_EQ(client.handed_on, std::string(kUpgrade) + "more");
  EXPECT_EQ(client.asked.size(), 1u);
  EXPECT_FALSE(client.closed) << "the connection goes on";
}

TEST(Http1Connection, HandsOnAnUpgradeOnlyAfterEarlierAnswers) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.upgrades = true;
  client.send(get("/a") + get("/b") + std::string(kUpgrade) + "more");
  EXPECT_EQ(client.asked.size(), 2u);
  client.answer(1, 200, "second");
  client.send("and more");
  EXPECT_EQ(client.handed_on, "");
  client.answer(0, 200, "first");
  EXPECT_THAT(client.received(), EndsWith("second"));
  EXPECT_EQ(client.handed_on, std::string(kUpgrade) + "moreand more");
}

TEST(Http1Connection, AnswersAnUpgradeThatNobodyTakesAsIfNoneWereAsked) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send(std::string(kUpgrade) + get("/next"));
  ASSERT_EQ(client.asked.size(), 2u);
  EXPECT_EQ(client.asked[0].path, "/ws");
  client.answer(0, 200, "plain");
  EXPECT_THAT(client.received(), EndsWith("plain"));
  EXPECT_EQ(client.asked[1].path, "/next");
}

TEST(Http1Connection, TakesAnUpgradeWithABodyOrWithoutItsTokenForARequest) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.upgrades = true;
  client.send("POST /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 1\r\n\r\n1");
  client.send("GET /b HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n");
  client.send("GET /c HTTP/1.0\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_EQ(client.asked.size(), 3u);
  EXPECT_EQ(client.handed_on, "");
}

TEST(Http1Connection, AnswersInTheOrderOfTheRequests) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send(get("/1") + get("/2") + get("/3"));
  ASSERT_EQ(client.asked.size(), 3u);
  client.answer(2, 200, "third");
  client.answer(1, 200, "second");
  EXPECT_THAT(client.received(), IsEmpty());
  client.answer(0, 200, "first");
  const std::string text = client.received();
  EXPECT_LT(text.find("first"), text.find("second"));
  EXPECT_LT(text.find("second"), text.find("third"));
}

TEST(Http1Connection, ReadsNoFurtherThanTheSettingsAllowAndGoesOnOnceAnswered) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send(get("/1") + get("/2") + get("/3") + get("/4") + get("/5"));
  EXPECT_EQ(client.asked.size(), 3u);
  EXPECT_TRUE(client.paused);
  client.answer(0, 200, "");
  EXPECT_EQ(client.asked.size(), 4u);
  EXPECT_TRUE(client.paused);
  client.answer(1, 200, "");
  EXPECT_EQ(client.asked.size(), 5u);
  client.answer(2, 200, "");
  EXPECT_FALSE(client.paused);
  EXPECT_EQ(client.asked[4].path, "/5");
}

TEST(Http1Connection, TakesAnswersGivenInsideTheCall) {
  FakeKernel kernel;
  kernel.answer_at_once = [](const Asked& asked) { return asked.path; };
  FakeClient client(kernel);
  std::string requests;
  for (int i = 0; i < 50; ++i) requests += get("/" + std::to_string(i));
  client.send(requests);
  EXPECT_EQ(client.asked.size(), 50u);
  EXPECT_THAT(client.received(), EndsWith("/49"));
  EXPECT_FALSE(client.paused);
}

TEST(Http1Connection, ReadsNoRequestsWhileManyAnswersAreUnsent) {
  FakeKernel kernel;
  kernel.answer_at_once = [](const Asked&) { return std::string(100'000, 'x'); };
  FakeClient client(kernel);
  client.reads = false;
  std::string requests;
  for (int i = 0; i < 10; ++i) requests += get("/" + std::to_string(i));
  client.send(requests);
  EXPECT_EQ(client.asked.size(), 3u);
  EXPECT_TRUE(client.paused);
  kernel.advance(74'900);
  EXPECT_EQ(client.asked.size(), 3u);
  EXPECT_FALSE(client.closed);
  for (std::size_t asked : {6u, 9u, 10u}) {
    client.received();
    kernel.advance(20);
    EXPECT_EQ(client.asked.size(), asked);
  }
  client.received();
  kernel.advance(20);
  EXPECT_FALSE(client.paused);
  kernel.advance(75'000);
  EXPECT_TRUE(client.closed) << "as idle";
}

TEST(Http1Connection, GivesUpOnWhoTakesNothing) {
  FakeKernel kernel;
  kernel.answer_at_once = [](const Asked&) { return std::string(300'000, 'x'); };
  FakeClient client(kernel);
  client.reads = false;
  client.send(get("/1") + get("/2"));
  const auto seconds = [&](int count) {
    for (int i = 0; i < count; ++i) kernel.advance(1'000);
  };
  seconds(74);
  client.output.erase(0, 100);  // taken
  seconds(74);
  EXPECT_FALSE(client.closed);
  seconds(3);
  EXPECT_TRUE(client.closed);
}

TEST(Http1Connection, UnfinishedBodiesOfAllConnectionsAreBounded) {
  FakeKernel kernel(
      R"({"body_bytes":900000,"head_bytes":1024,"target_bytes":256,"header_count":10,"pipelined_requests":3,)"
      R"("streams":4,"buffered_bytes":65536,"gzip":true,)"
      R"("unfinished_bytes":1000000,"head_timeout":10000,"body_timeout":60000,"idle_timeout":75000})");
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n";
  FakeClient first(kernel);
  first.send(head + std::string(800'000, 'x'));
  {
    FakeClient second(kernel);
    second.send(head + std::string(300'000, 'x'));
    EXPECT_THAT(second.received(), StartsWith("HTTP/1.1 503 "));
    EXPECT_TRUE(second.closed);
  }
  first.send(std::string(100'000, 'x'));
  EXPECT_EQ(first.asked.size(), 1u);
  FakeClient third(kernel);
  third.send(head + std::string(800'000, 'x'));
  EXPECT_EQ(third.received(), "") << "there is room again";
}

TEST(Http1Connection, ClosesAfterTheAnswerWhenAsked) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send(std::string(kGetAndClose) + get("/ignored"));
  EXPECT_EQ(client.asked.size(), 1u);
  EXPECT_FALSE(client.closed);
  client.answer(0, 200, "bye");
  EXPECT_THAT(client.received(), AllOf(HasSubstr("connection: close\r\n"), EndsWith("bye")));
  EXPECT_TRUE(client.closed);
}

TEST(Http1Connection, AnswersHeadWithoutBody) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.answer(0, 200, "hidden");
  EXPECT_THAT(client.received(), AllOf(HasSubstr("content-length: 6\r\n"), EndsWith("\r\n\r\n")));
}

TEST(Http1Connection, AnswersOptionsAsteriskItself) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(client.asked, IsEmpty());
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 204 No Content\r\n"));
}

TEST(Http1Connection, GivesEmptyErrorsAJsonBody) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send(kGet);
  client.answer(0, 404, "");
  EXPECT_THAT(client.received(),
              AllOf(HasSubstr("content-type: application/json\r\n"),
                    EndsWith(R"({"error":{"code":"NotFound","message":"nothing answers at this path"}})")));
}

TEST(Http1Connection, RefusesWhatItDoesNotUnderstandAfterEarlierAnswersAndCloses) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send(std::string(kGet) + "NONSENSE\r\n\r\n" + std::string(kGet));
  ASSERT_EQ(client.asked.size(), 1u);
  EXPECT_THAT(client.received(), IsEmpty());
  client.answer(0, 200, "right");
  const std::string text = client.received();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK"));
  EXPECT_THAT(text, HasSubstr("HTTP/1.1 400 Bad Request"));
  EXPECT_THAT(text, HasSubstr("connection: close"));
  EXPECT_THAT(text, HasSubstr(R"({"error":{"code":"BadRequest","message":)"));
  EXPECT_TRUE(client.closed);
}

TEST(Http1Connection, RefusesBodiesAboveTheLimitBeforeTheyAreSent) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1025\r\n\r\n");
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 413 Content Too Large"));
  EXPECT_TRUE(client.closed);
}

TEST(Http1Connection, TellsAClientToContinue) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(client.received(), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  ASSERT_EQ(client.asked.size(), 1u);
  EXPECT_EQ(client.asked[0].body, "ok");
}

TEST(Http1Connection, TellsAClientToContinueOnlyInItsTurn) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send(std::string(kGet) + "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_THAT(client.received(), IsEmpty());
  client.answer(0, 200, "first");
  EXPECT_THAT(client.received(), EndsWith("firstHTTP/1.1 100 Continue\r\n\r\n"));
}

TEST(Http1Connection, ClosesAConnectionThatNeverSpeaks) {
  FakeKernel kernel;
  FakeClient client(kernel);
  kernel.advance(9'999);
  EXPECT_FALSE(client.closed);
  kernel.advance(1);
  EXPECT_TRUE(client.closed);
  EXPECT_THAT(client.received(), IsEmpty());
}

TEST(Http1Connection, GivesUpOnAHeadThatTricklesIn) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send("GET / HT");
  for (int i = 0; i < 9; ++i) {
    kernel.advance(1'000);
    client.send("T");
  }
  EXPECT_FALSE(client.closed);
  kernel.advance(1'000);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 408 Request Timeout"));
  EXPECT_TRUE(client.closed);
}

TEST(Http1Connection, GivesUpOnABodyThatDoesNotArrive) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc");
  kernel.advance(59'999);
  EXPECT_FALSE(client.closed);
  kernel.advance(1);
  EXPECT_THAT(client.received(), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(client.closed);
}

TEST(Http1Connection, KeepsAnIdleConnectionForItsTimeAfterEachRequest) {
  FakeKernel kernel;
  kernel.answer_at_once = [](const Asked&) { return "x"; };
  FakeClient client(kernel);
  client.send(kGet);
  kernel.advance(74'999);
  EXPECT_FALSE(client.closed);
  client.send(kGet);
  kernel.advance(74'999);
  EXPECT_FALSE(client.closed);
  kernel.advance(1);
  EXPECT_TRUE(client.closed);
}

TEST(Http1Connection, NeverTimesOutWhileAServiceWorks) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send(kGet);
  EXPECT_FALSE(client.timer_at);
  kernel.advance(1'000'000);
  EXPECT_FALSE(client.closed);
  client.answer(0, 200, "at last");
  EXPECT_THAT(client.received(), EndsWith("at last"));
}

TEST(Http1Connection, DrainsAtOnceWhenIdle) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.drain();
  EXPECT_TRUE(client.closed);
}

TEST(Http1Connection, AnswersWhatItTookBeforeItDrains) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send(get("/1") + get("/2"));
  client.drain();
  EXPECT_FALSE(client.closed);
  client.send(get("/3"));
  EXPECT_EQ(client.asked.size(), 2u);
  client.answer(0, 200, "one");
  EXPECT_THAT(client.received(), Not(HasSubstr("connection: close")));
  client.answer(1, 200, "two");
  EXPECT_THAT(client.received(), HasSubstr("connection: close"));
  EXPECT_TRUE(client.closed);
}

TEST(Http1Connection, LetsTheArrivingRequestBeTheLastWhenDraining) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send("GET /a HTTP/1.1\r\n");
  client.drain();
  EXPECT_FALSE(client.closed);
  client.send("Host: h\r\n\r\n");
  client.answer(0, 200, "last");
  EXPECT_THAT(client.received(), AllOf(HasSubstr("connection: close"), EndsWith("last")));
  EXPECT_TRUE(client.closed);
}

TEST(Http1Connection, MayEndWhileServicesStillWork) {
  FakeKernel kernel;
  { FakeClient(kernel).send(get("/1") + get("/2") + "GET"); }
  EXPECT_THAT(kernel.clients, IsEmpty());
}

}  // namespace
}  // namespace transport_http::testing

// Requests that are right: what is read out of them, however their bytes are cut.
#include <gmock/gmock-matchers.h>

#include "read_requests.hpp"

namespace trellis::http::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

constexpr std::string_view kPipelined =
    "GET /metrics?name=a%20b HTTP/1.1\r\nHost: broker:9090\r\nAccept:  text/plain \r\n\r\n"
    "POST /events HTTP/1.1\r\nHost: broker\r\nContent-Length: 5\r\n\r\nhello"
    "\r\nPOST /events HTTP/1.1\r\nhost: broker\r\nTransfer-Encoding: Chunked\r\n\r\n"
    "4\r\nwiki\r\n6;ext=\"x\"\r\npedia \r\n00\r\nDigest: none\r\n\r\n"
    "HEAD / HTTP/1.0\r\n\r\n";

TEST(RequestParser, ReadsLineFieldsAndQuery) {
  const auto result = read_requests("GET /a%20b?x=%20 HTTP/1.1\r\nHost: h\r\nX-Two:  words here\t\r\nEmpty:\r\n\r\n");
  ASSERT_EQ(result.requests.size(), 1u);
  const ReadRequest& request = result.requests[0];
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/a b");
  EXPECT_EQ(request.query, "x=%20");
  EXPECT_EQ(request.host, "h");
  EXPECT_THAT(request.headers, ElementsAre(Pair("host", "h"), Pair("x-two", "words here"), Pair("empty", "")));
  EXPECT_EQ(request.body, "");
  EXPECT_TRUE(request.keep_alive);
}

TEST(RequestParser, ReadsPipelinedRequestsWithEveryKindOfBody) {
  const auto result = read_requests(kPipelined);
  ASSERT_EQ(result.requests.size(), 4u);
  EXPECT_EQ(result.requests[0].path, "/metrics");
  EXPECT_EQ(result.requests[1].body, "hello");
  EXPECT_EQ(result.requests[2].body, "wikipedia ");
  EXPECT_EQ(result.requests[3].method, "HEAD");
  EXPECT_EQ(result.state, RequestParser::State::idle);
}

TEST(RequestParser, GivesTheSameResultForEveryCut) {
  const auto whole = read_requests(kPipelined);
  for (std::size_t piece = 1; piece < kPipelined.size(); ++piece) {
    EXPECT_EQ(read_requests(kPipelined, piece), whole) << "in pieces of " << piece;
  }
}

TEST(RequestParser, StopsAfterTheHeadSoThatTheCallerMayAnswerContinue) {
  const Limits limits;
  RequestParser parser(limits);
  const std::string_view head = "PUT /x HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
  const std::string text = std::string(head) + "ok";
  EXPECT_EQ(parser.feed(text), head.size());
  EXPECT_EQ(parser.state(), RequestParser::State::body);
  EXPECT_TRUE(parser.request().expects_continue);
  EXPECT_EQ(parser.feed(std::string_view(text).substr(head.size())), 2u);
  EXPECT_EQ(parser.state(), RequestParser::State::complete);
  EXPECT_EQ(parser.request().body, "ok");
}

TEST(RequestParser, UsesNothingMoreOnceComplete) {
  const Limits limits;
  RequestParser parser(limits);
  parser.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(parser.state(), RequestParser::State::complete);
  EXPECT_EQ(parser.feed("GET"), 0u);
  parser.next();
  EXPECT_EQ(parser.state(), RequestParser::State::idle);
  EXPECT_EQ(parser.feed("GET"), 3u);
}

struct KeepAliveCase {
  std::string_view request;
  bool keep_alive;
};
class KeepAlive : public ::testing::TestWithParam<KeepAliveCase> {};

TEST_P(KeepAlive, FollowsVersionAndConnectionField) {
  const auto result = read_requests(GetParam().request);
  ASSERT_EQ(result.requests.size(), 1u) << result.message;
  EXPECT_EQ(result.requests[0].keep_alive, GetParam().keep_alive);
}

INSTANTIATE_TEST_SUITE_P(
    Versions, KeepAlive,
    ::testing::Values(KeepAliveCase{"GET / HTTP/1.1\r\nHost: h\r\n\r\n", true},
                      KeepAliveCase{"GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n", false},
                      KeepAliveCase{"GET / HTTP/1.1\r\nHost: h\r\nConnection: a, ,close\r\n\r\n", false},
                      KeepAliveCase{"GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n",
                                    false},
                      KeepAliveCase{"GET / HTTP/1.0\r\n\r\n", false},
                      KeepAliveCase{"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true}));

TEST(RequestParser, LetsTheHostOfAnAbsoluteTargetWin) {
  const auto result = read_requests("GET http://outer:80/p HTTP/1.1\r\nHost: inner\r\n\r\n");
  ASSERT_EQ(result.requests.size(), 1u);
  EXPECT_EQ(result.requests[0].host, "outer:80");
  EXPECT_EQ(result.requests[0].path, "/p");
}

TEST(RequestParser, AcceptsBodiesUpToTheLimit) {
  const Limits limits{.body_bytes = 4};
  EXPECT_EQ(read_requests("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n1234", 3, limits).requests.size(),
            1u);
  EXPECT_EQ(
      read_requests("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n123\r\n1\r\n4\r\n0\r\n\r\n",
                    3, limits)
          .requests.size(),
      1u);
}

TEST(RequestParser, AcceptsAHeadOfExactlyTheLimit) {
  const std::string request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(read_requests(request, 1, {.head_bytes = request.size()}).requests.size(), 1u);
  EXPECT_EQ(read_requests(request, 1, {.head_bytes = request.size() - 1}).status, 431u);
  EXPECT_EQ(read_requests(request, 100, {.head_bytes = request.size() - 1}).status, 431u);
}

}  // namespace
}  // namespace trellis::http::testing

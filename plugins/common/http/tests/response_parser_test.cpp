// Responses that are right: what is read out of them, however their bytes are cut.
#include <gmock/gmock-matchers.h>

#include "common/http/gzip.hpp"
#include "read_responses.hpp"

namespace trellis::http::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using State = ResponseParser::State;

constexpr std::string_view kChunked =
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n4\r\nwiki\r\n6;a=b\r\npedia \r\n0\r\nDigest: none\r\n\r\n";

TEST(ResponseParser, ReadsLineFieldsAndBody) {
  const auto response =
      read_response("HTTP/1.1 404 Not Here\r\nServer:  x y \r\nX-EMPTY:\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_EQ(response.state, State::complete);
  EXPECT_EQ(response.status, 404U);
  EXPECT_EQ(response.reason, "Not Here");
  EXPECT_THAT(response.headers, ElementsAre(Pair("server", "x y"), Pair("x-empty", ""), Pair("content-length", "5")));
  EXPECT_EQ(response.body, "hello");
  EXPECT_TRUE(response.keep_alive);
}

TEST(ResponseParser, ReasonsMayBeMissing) {
  EXPECT_EQ(read_response("HTTP/1.1 204\r\n\r\n").status, 204U);
  EXPECT_EQ(read_response("HTTP/1.1 204 \r\n\r\n").status, 204U);
}

TEST(ResponseParser, GivesTheSameResultForEveryCut) {
  const auto whole = read_response(kChunked);
  EXPECT_EQ(whole.body, "wikipedia ");
  EXPECT_EQ(whole.used, kChunked.size());
  for (std::size_t piece = 1; piece < kChunked.size(); ++piece) {
    EXPECT_EQ(read_response(kChunked, piece), whole) << "in pieces of " << piece;
  }
}

TEST(ResponseParser, UsesNothingBehindTheResponse) {
  const std::string_view one = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  EXPECT_EQ(read_response(std::string(one) + "HTTP/1.1").used, one.size());
}

TEST(ResponseParser, SkipsInterimResponses) {
  const auto response = read_response(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
      7);
  EXPECT_EQ(response.status, 200U);
  EXPECT_THAT(response.headers, ElementsAre(Pair("content-length", "1")));
  EXPECT_EQ(response.body, "x");
}

TEST(ResponseParser, StopsAfterTheHead) {
  const Limits limits;
  ResponseParser parser(limits);
  EXPECT_FALSE(parser.begun());
  const std::string_view head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(parser.feed(std::string(head) + "ok"), head.size());
  EXPECT_TRUE(parser.begun());
  EXPECT_EQ(parser.state(), State::body);
  EXPECT_EQ(parser.feed("ok"), 2U);
  EXPECT_EQ(parser.take_body(), "ok");
}

struct WithoutBody {
  std::string_view response;
  Asked asked;
};
class NoBody : public ::testing::TestWithParam<WithoutBody> {};

TEST_P(NoBody, IsCompleteWithItsHead) {
  const auto response = read_response(GetParam().response, 1000, {.body_bytes = 8}, GetParam().asked);
  EXPECT_EQ(response.state, State::complete) << response.error;
  EXPECT_EQ(response.body, "");
  EXPECT_TRUE(response.keep_alive);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, NoBody,
    ::testing::Values(WithoutBody{"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", Asked::head},
                      WithoutBody{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Asked::head},
                      WithoutBody{"HTTP/1.1 204 No Content\r\n\r\n", Asked::something},
                      WithoutBody{"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", Asked::something},
                      WithoutBody{"HTTP/1.1 200 Connection established\r\n\r\n", Asked::tunnel},
                      WithoutBody{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Asked::something}));

TEST(ResponseParser, ATunnelThatIsRefusedHasABody) {
  const auto response = read_response("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", 1000, {}, Asked::tunnel);
  EXPECT_EQ(response.body, "no");
}

TEST(ResponseParser, WithoutALengthTheEndIsTheConnections) {
  constexpr std::string_view kText = "HTTP/1.0 200 OK\r\n\r\nall of it";
  EXPECT_EQ(read_response(kText).state, State::body);
  const auto response = read_response(kText, 3, {}, Asked::something, true);
  EXPECT_EQ(response.state, State::complete);
  EXPECT_EQ(response.body, "all of it");
  EXPECT_FALSE(response.keep_alive);
}

TEST(ResponseParser, TheConnectionFieldSaysWhetherItGoesOn) {
  EXPECT_FALSE(read_response("HTTP/1.1 204 X\r\nConnection: a, close\r\n\r\n").keep_alive);
  EXPECT_FALSE(read_response("HTTP/1.0 204 X\r\n\r\n").keep_alive);
  EXPECT_TRUE(read_response("HTTP/1.0 204 X\r\nConnection: keep-alive\r\n\r\n").keep_alive);
}

std::string coded(std::string_view fields, std::string_view body) {
  return "HTTP/1.1 200 OK\r\n" + std::string(fields) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

TEST(ResponseParser, DecompressesWhatSaysThatItIsCompressed) {
  const std::string text(3000, 'a');
  const auto response = read_response(coded("Content-Encoding: gzip\r\n", *compress_gzip(text)), 5);
  EXPECT_EQ(response.body, text);
  EXPECT_TRUE(response.headers.empty());
}

TEST(ResponseParser, WhatBecomesTooLargeIsRefused) {
  const std::string bomb = *compress_gzip(std::string(100'000, 'a'));
  const auto response = read_response(coded("Content-Encoding: gzip\r\n", bomb), 1000, {.body_bytes = 2000});
  EXPECT_EQ(response.state, State::failed);
  EXPECT_TRUE(response.too_large);
}

TEST(ResponseParser, LeavesCodingsItDoesNotSpeak) {
  for (const std::string_view fields : {"Content-Encoding: br\r\n", "Content-Encoding: gzip, gzip\r\n",
                                        "Content-Encoding: br\r\nContent-Encoding: gzip\r\n"}) {
    const auto response = read_response(coded(fields, "??"));
    EXPECT_EQ(response.state, State::complete) << fields;
    EXPECT_EQ(response.body, "??");
    EXPECT_EQ(response.headers.front().first, "content-encoding");
  }
}

}  // namespace
}  // namespace trellis::http::testing

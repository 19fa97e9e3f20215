// Responses that are wrong, or more than is believed.
#include <gtest/gtest.h>

#include "read_responses.hpp"

namespace trellis::http::testing {
namespace {

using State = ResponseParser::State;

struct Wrong {
  std::string_view response;
  std::string_view error;
};
class ResponseRefusal : public ::testing::TestWithParam<Wrong> {};

TEST_P(ResponseRefusal, SaysWhatIsWrongWithIt) {
  for (const std::size_t piece : {std::size_t{1000}, std::size_t{1}}) {
    const auto response = read_response(GetParam().response, piece);
    EXPECT_EQ(response.state, State::failed);
    EXPECT_EQ(response.error, GetParam().error);
    EXPECT_FALSE(response.too_large);
  }
}

constexpr std::string_view kLine = "the status line is not version, status and reason with single blanks between them";
constexpr std::string_view kNotHttp = "this is not an HTTP/1 response";

INSTANTIATE_TEST_SUITE_P(
    Kinds, ResponseRefusal,
    ::testing::Values(
        Wrong{"\x15\x03\x01", kNotHttp}, Wrong{"SSH-2.0-x\r\n", kNotHttp}, Wrong{"HTTP/2 200\r\n\r\n", kNotHttp},
        Wrong{"HTTP/1.1 20 OK\r\n\r\n", kLine}, Wrong{"HTTP/1.1  200 OK\r\n\r\n", kLine},
        Wrong{"HTTP/1.1 2000 OK\r\n\r\n", kLine}, Wrong{"HTTP/1.1 0x1 OK\r\n\r\n", kLine},
        Wrong{"HTTP/1.2 200 OK\r\n\r\n", "only HTTP/1.1 and HTTP/1.0 are spoken here"},
        Wrong{"HTTP/1.1 099 OK\r\n\r\n", "the status is below 100"},
        Wrong{"HTTP/1.1 200 O\x01K\r\n\r\n", "the status line contains a control character"},
        Wrong{"HTTP/1.1 101 Switching Protocols\r\n\r\n", "the server changes the protocol, which nobody asked for"},
        Wrong{"HTTP/1.1 200 OK\nServer: x\r\n\r\n", "the status line does not end in CR LF"},
        Wrong{"HTTP/1.1 200 OK\r\nA: b\n\r\n\r\n", "a header line does not end in CR LF"},
        Wrong{"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "a header field is folded over several lines"},
        Wrong{"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "a header field's name is not a token"},
        Wrong{"HTTP/1.1 200 OK\r\nA: \x02\r\n\r\n", "a header field's value contains a control character"},
        Wrong{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
              "there is more than one Content-Length"},
        Wrong{"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", "the Content-Length is not one decimal number"},
        Wrong{"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
              "Content-Length and Transfer-Encoding exclude each other"},
        Wrong{"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.0 knows no Transfer-Encoding"},
        Wrong{"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
              "no transfer coding but \"chunked\" is supported"},
        Wrong{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n", "a chunk is longer than it said"},
        Wrong{"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nab",
              "the body is not compressed the way its Content-Encoding says"}));

TEST(ResponseLimits, LongHeadsAreRefused) {
  const std::string head = "HTTP/1.1 204 OK\r\nA: " + std::string(50, 'a') + "\r\n\r\n";
  EXPECT_EQ(read_response(head, 1, {.head_bytes = head.size()}).state, State::complete);
  const auto response = read_response(head, 1, {.head_bytes = head.size() - 1});
  EXPECT_EQ(response.state, State::failed);
  EXPECT_TRUE(response.too_large);
}

TEST(ResponseLimits, ManyFieldsAreRefused) {
  EXPECT_TRUE(read_response("HTTP/1.1 204 OK\r\nA: 1\r\nB: 2\r\n\r\n", 1000, {.header_count = 1}).too_large);
}

TEST(ResponseLimits, BodiesAreRefusedBeforeTheyAreStored) {
  const Limits limits{.body_bytes = 4};
  EXPECT_TRUE(read_response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 1000, limits).too_large);
  EXPECT_TRUE(read_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", 1000, limits).too_large);
  EXPECT_TRUE(read_response("HTTP/1.1 200 OK\r\n\r\n12345", 1, limits).too_large);
  EXPECT_EQ(read_response("HTTP/1.1 200 OK\r\n\r\n1234", 1, limits, Asked::something, true).body, "1234");
}

TEST(ResponseLimits, InterimResponsesComeToAnEnd) {
  std::string text;
  for (int i = 0; i < 17; ++i) text += "HTTP/1.1 102 Processing\r\n\r\n";
  EXPECT_EQ(read_response(text).error, "there are too many interim responses");
}

TEST(ResponseEnd, BeforeOrWithinAResponseIsAFault) {
  const auto ended = [](std::string_view text) { return read_response(text, 1000, {}, Asked::something, true).error; };
  EXPECT_EQ(ended(""), "the connection ended before the response");
  EXPECT_EQ(ended("HTTP/1.1 2"), "the connection ended within the response");
  EXPECT_EQ(ended("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"), "the connection ended within the response");
  EXPECT_EQ(ended("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"),
            "the connection ended within the response");
}

}  // namespace
}  // namespace trellis::http::testing

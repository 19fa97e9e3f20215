// Requests that are wrong or ambiguous: each is refused with its status, however its bytes are cut.
#include <gtest/gtest.h>

#include <ostream>

#include "read_requests.hpp"

namespace trellis::http::testing {

struct Refusal {
  std::string_view name;
  std::uint32_t status;
  std::string text;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

namespace {

constexpr Limits kLimits{.target_bytes = 64, .head_bytes = 512, .header_count = 8, .body_bytes = 16};

std::string get(std::string_view fields) { return "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n"; }
std::string post_chunks(std::string_view chunks) { return get("Transfer-Encoding: chunked\r\n") + std::string(chunks); }

class RequestRefusal : public ::testing::TestWithParam<Refusal> {};

TEST_P(RequestRefusal, HasItsStatusForEveryCut) {
  const Refusal& refusal = GetParam();
  for (const std::size_t piece : {1u, 2u, 3u, 7u, 64u, 100000u}) {
    const auto result = read_requests(refusal.text, piece, kLimits);
    EXPECT_EQ(result.status, refusal.status) << result.message << ", in pieces of " << piece;
    EXPECT_TRUE(result.requests.empty());
  }
}

std::string name_of(const ::testing::TestParamInfo<Refusal>& info) { return std::string(info.param.name); }

INSTANTIATE_TEST_SUITE_P(
    RequestLine, RequestRefusal,
    ::testing::Values(Refusal{"BareLineFeed", 400, "GET / HTTP/1.1\nHost: h\n\n\r\n\r\n"},
                      Refusal{"TwoBlanks", 400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
                      Refusal{"TrailingBlank", 400, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"},
                      Refusal{"TabForBlank", 400, "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"},
                      Refusal{"NoVersion", 400, "GET /\r\nHost: h\r\n\r\n"},
                      Refusal{"OldVersion", 505, "GET / HTTP/0.9\r\nHost: h\r\n\r\n"},
                      Refusal{"Http2Preface", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
                      Refusal{"LowerCaseVersion", 400, "GET / http/1.1\r\nHost: h\r\n\r\n"},
                      Refusal{"TlsHello", 400, std::string("\x16\x03\x01\x02\x00\x01", 6)},
                      Refusal{"MqttConnect", 400, std::string("\x10\x10\x00\x04MQTT", 8)},
                      Refusal{"TwoEmptyLinesBefore", 400, "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"},
                      Refusal{"MethodNotAToken", 400, "G(T / HTTP/1.1\r\nHost: h\r\n\r\n"},
                      Refusal{"EndlessMethod", 501, std::string(40, 'A') + " / HTTP/1.1\r\nHost: h\r\n\r\n"},
                      Refusal{"Connect", 501, "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n"},
                      Refusal{"LongTarget", 414, "GET /" + std::string(64, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"},
                      Refusal{"EndlessLine", 431, "GET /" + std::string(600, 'a')}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Fields, RequestRefusal,
    ::testing::Values(
        Refusal{"HostMissing", 400, "GET / HTTP/1.1\r\nAccept: a\r\n\r\n"},
        Refusal{"TwoHosts", 400, get("Host: h\r\n")},
        Refusal{"HostWithPath", 400, "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n"},
        Refusal{"HostList", 400, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"},
        Refusal{"BlankBeforeColon", 400, get("Content-Length : 3\r\n")}, Refusal{"NoColon", 400, get("Accept\r\n")},
        Refusal{"NoName", 400, get(": x\r\n")}, Refusal{"Folded", 400, get("A: b\r\n c\r\n")},
        Refusal{"FoldedByTab", 400, get("A: b\r\n\tc\r\n")},
        Refusal{"FoldedFirst", 400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"},
        Refusal{"BareCarriageReturn", 400, get("A: b\rc\r\n")}, Refusal{"BareLineFeed", 400, get("A: b\nC: d\r\n")},
        Refusal{"Nul", 400, get(std::string_view("A: b\0c\r\n", 8))}, Refusal{"Control", 400, get("A: b\x01\r\n")},
        Refusal{"TooMany", 431, get("A:1\r\nA:2\r\nA:3\r\nA:4\r\nA:5\r\nA:6\r\nA:7\r\nA:8\r\n")},
        Refusal{"TooLong", 431, get("A: " + std::string(600, 'b') + "\r\n")},
        Refusal{"UnknownExpectation", 417, get("Expect: 200-ok\r\n")}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Framing, RequestRefusal,
    ::testing::Values(Refusal{"RepeatedLength", 400, get("Content-Length: 3\r\nContent-Length: 3\r\n") + "abc"},
                      Refusal{"ContradictingLength", 400, get("Content-Length: 3\r\nContent-Length: 4\r\n") + "abcd"},
                      Refusal{"LengthList", 400, get("Content-Length: 3, 3\r\n") + "abc"},
                      Refusal{"SignedLength", 400, get("Content-Length: +3\r\n") + "abc"},
                      Refusal{"NegativeLength", 400, get("Content-Length: -3\r\n") + "abc"},
                      Refusal{"HexLength", 400, get("Content-Length: 0x3\r\n") + "abc"},
                      Refusal{"EmptyLength", 400, get("Content-Length:\r\n")},
                      Refusal{"OverflowingLength", 400, get("Content-Length: 18446744073709551617\r\n")},
                      Refusal{"LengthAboveLimit", 413, get("Content-Length: 17\r\n")},
                      Refusal{"LengthAndChunked", 400, get("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n")},
                      Refusal{"ChunkedAndLength", 400, get("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n")},
                      Refusal{"ChunkedTwice", 400, get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
                      Refusal{"ChunkedList", 501, get("Transfer-Encoding: chunked, chunked\r\n")},
                      Refusal{"Gzip", 501, get("Transfer-Encoding: gzip, chunked\r\n")},
                      Refusal{"Identity", 501, get("Transfer-Encoding: identity\r\n")},
                      Refusal{"ChunkedOldVersion", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Chunks, RequestRefusal,
    ::testing::Values(Refusal{"NoSize", 400, post_chunks("\r\n")}, Refusal{"NotHex", 400, post_chunks("g\r\n")},
                      Refusal{"Signed", 400, post_chunks("-1\r\n")},
                      Refusal{"Prefixed", 400, post_chunks("0x1\r\na\r\n")},
                      Refusal{"BareLineFeed", 400, post_chunks("1\na\r\n0\r\n\r\n")},
                      Refusal{"BlankBeforeSize", 400, post_chunks(" 1\r\na\r\n")},
                      Refusal{"WrongExtension", 400, post_chunks("1 a\r\na\r\n")},
                      Refusal{"LongExtension", 400, post_chunks("1;" + std::string(300, 'e') + "\r\na\r\n")},
                      Refusal{"Overflow", 400, post_chunks("fffffffffffffffff\r\n")},
                      Refusal{"AboveLimit", 413, post_chunks("11\r\n")},
                      Refusal{"SumAboveLimit", 413, post_chunks("f\r\n0123456789abcde\r\n2\r\n")},
                      Refusal{"LongerThanItsSize", 400, post_chunks("1\r\nab\r\n0\r\n\r\n")},
                      Refusal{"EndsInLineFeed", 400, post_chunks("1\r\na\n0\r\n\r\n")},
                      Refusal{"FoldedTrailer", 400, post_chunks("0\r\nA: b\r\n c\r\n\r\n")},
                      Refusal{"TrailerWithoutName", 400, post_chunks("0\r\nnonsense\r\n\r\n")},
                      Refusal{"EndlessTrailer", 400, post_chunks("0\r\nA: " + std::string(600, 'b'))}),
    name_of);

TEST(RequestRefusal, NeverReadsOnAfterAnError) {
  const Limits limits;
  RequestParser parser(limits);
  parser.feed("BROKEN\r\n\r\n");
  ASSERT_EQ(parser.state(), RequestParser::State::failed);
  EXPECT_EQ(parser.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), 0u);
}

}  // namespace
}  // namespace trellis::http::testing

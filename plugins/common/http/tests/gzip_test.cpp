// Content codings: which are agreed on, and bodies that carry them.
#include "common/http/gzip.hpp"

#include <gmock/gmock-more-matchers.h>
#include <zlib.h>

#include "common/http/content_coding.hpp"
#include "read_requests.hpp"

namespace trellis::http::testing {
namespace {

// window: as zlib takes it, which is how it tells gzip from its own format and from none.
std::string compress(std::string_view body, int window) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, body.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
  stream.avail_in = static_cast<uInt>(body.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}
std::string gzip(std::string_view body) { return compress(body, MAX_WBITS + 16); }
std::string deflated(std::string_view body) { return compress(body, MAX_WBITS); }

// The decoded body, or the status of the refusal.
std::string decoded(std::string_view body, ContentCoding coding, std::size_t limit = 1000) {
  std::string out;
  const auto error = decode_body(body, coding, limit, out);
  EXPECT_LE(out.size(), limit);
  return error ? std::to_string(error->status) : out;
}

bool gzip_wanted(std::string_view accepts) {
  Request request;
  request.headers = {{"accept-encoding", accepts}};
  return wants_gzip(request);
}

TEST(Gzip, DecodesBodies) {
  EXPECT_EQ(decoded(gzip("hello"), ContentCoding::gzip), "hello");
  EXPECT_EQ(decoded(deflated("hello"), ContentCoding::deflate), "hello");
  EXPECT_EQ(decoded(gzip(""), ContentCoding::gzip), "");
  EXPECT_EQ(decoded(gzip("one ") + gzip("two"), ContentCoding::gzip), "one two");
  EXPECT_EQ(decoded(gzip(std::string(1000, 'x')), ContentCoding::gzip), std::string(1000, 'x'));
}

TEST(Gzip, RefusesMoreThanTheLimitWithoutHoldingIt) {
  EXPECT_EQ(decoded(gzip(std::string(1001, 'x')), ContentCoding::gzip), "413");
  EXPECT_EQ(decoded(gzip(std::string(50'000'000, '\0')), ContentCoding::gzip), "413");
  EXPECT_EQ(decoded(gzip(std::string(600, 'x')) + gzip(std::string(600, 'x')), ContentCoding::gzip), "413");
}

TEST(Gzip, RefusesBrokenData) {
  const std::string whole = gzip("hello, hello, hello");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(decoded(whole.substr(0, size), ContentCoding::gzip), "400") << size;
  }
  std::string wrong_sum = whole;
  wrong_sum[wrong_sum.size() - 6] = static_cast<char>(wrong_sum[wrong_sum.size() - 6] ^ 1);
  EXPECT_EQ(decoded(wrong_sum, ContentCoding::gzip), "400");
  EXPECT_EQ(decoded(whole + "x", ContentCoding::gzip), "400");
  EXPECT_EQ(decoded(deflated("x") + deflated("x"), ContentCoding::deflate), "400");
  EXPECT_EQ(decoded("plain text", ContentCoding::gzip), "400");
  EXPECT_EQ(decoded(whole, ContentCoding::deflate), "400");
}

TEST(Gzip, CompressesWhatItDecodes) {
  std::string body;
  for (int i = 0; i < 5000; ++i) body += std::to_string(i * 7919) + " ";
  const auto compressed = compress_gzip(body);
  ASSERT_TRUE(compressed);
  EXPECT_LT(compressed->size(), body.size());
  EXPECT_EQ(decoded(*compressed, ContentCoding::gzip, body.size()), body);
}

TEST(ContentCoding, KnowsOneCodingAtATime) {
  EXPECT_EQ(parse_content_encoding("gzip"), ContentCoding::gzip);
  EXPECT_EQ(parse_content_encoding("X-GZip"), ContentCoding::gzip);
  EXPECT_EQ(parse_content_encoding("deflate"), ContentCoding::deflate);
  EXPECT_EQ(parse_content_encoding("identity"), ContentCoding::identity);
  EXPECT_EQ(parse_content_encoding(""), ContentCoding::identity);
  EXPECT_EQ(parse_content_encoding("identity, gzip"), ContentCoding::gzip);
  for (const char* const other : {"br", "gzip, gzip", "deflate, gzip", "br, gzip", "gzip;q=1"}) {
    EXPECT_FALSE(parse_content_encoding(other)) << other;
  }
}

TEST(ContentCoding, GzipIsWantedByThoseWhoTakeItAndDoNotLikeItLess) {
  for (const char* const yes :
       {"gzip", "x-gzip", "GZIP", "br, gzip;q=0.1", "gzip ; q=0.5 , deflate", "*", "*;q=0.5", "gzip;q=1.000",
        "identity;q=0.5, gzip;q=0.5", "identity;q=0, gzip", "identity;q=0, *", "*;q=0, gzip;Q=0.001"}) {
    EXPECT_TRUE(gzip_wanted(yes)) << yes;
  }
  for (const char* const no : {"", "identity", "gzip;q=0", "gzip;q=0.000", "*;q=0", "br", "identity;q=0", "gzip;q=0, *",
                               "identity, gzip;q=0.5", "gzip;q=2", "gzip;q=", "gzip;q=0.x", "gzip;q=-1", "gzip;x=1",
                               "gzip;q=0.1234", "gzipped"}) {
    EXPECT_FALSE(gzip_wanted(no)) << no;
  }
  EXPECT_FALSE(wants_gzip(Request())) << "who says nothing";
}

TEST(ContentCoding, AddsUpSeveralFields) {
  Request request;
  request.headers = {{"accept-encoding", "identity"}, {"accept-encoding", "gzip"}};
  EXPECT_TRUE(wants_gzip(request));
}

TEST(ContentCoding, KnowsWhatBecomesSmaller) {
  for (const char* const yes :
       {"text/plain", "TEXT/HTML; charset=utf-8", "application/json", "application/problem+json",
        "application/cloudevents+json; charset=UTF-8", "application/cloudevents-batch+json", "application/xml",
        "application/openmetrics-text; version=1.0.0", "image/svg+xml"}) {
    EXPECT_TRUE(is_text_like(yes)) << yes;
  }
  for (const char* const no : {"", "image/png", "application/octet-stream", "text", "+json", "application/jsonx"}) {
    EXPECT_FALSE(is_text_like(no)) << no;
  }
}

TEST(ContentCoding, TheParserTakesItOffBodies) {
  const std::string body = gzip("hello");
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: ";
  const auto read = read_requests(head + std::to_string(body.size()) + "\r\n\r\n" + body, 7, Limits());
  ASSERT_EQ(read.requests.size(), 1u);
  EXPECT_EQ(read.requests[0].body, "hello");
  EXPECT_THAT(read.requests[0].headers, ::testing::ElementsAre(::testing::Pair("host", "h")));
}

}  // namespace
}  // namespace trellis::http::testing

// What responses look like on the wire.
#include "common/http/response_writer.hpp"

#include <gmock/gmock-matchers.h>

#include "common/http/date.hpp"

namespace trellis::http {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr Framing kFraming{.date = "Thu, 01 Jan 1970 00:00:00 GMT"};

std::string written(const Response& response, const Framing& framing = kFraming) {
  std::string out;
  write_response(out, response, framing);
  return out;
}

TEST(ResponseWriter, WritesStatusFieldsAndBody) {
  const Header headers[] = {{"content-type", "text/plain"}, {"x-a", "b"}};
  EXPECT_EQ(written({.status = 200, .headers = headers, .body = "hello"}),
            "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\ncontent-type: text/plain\r\nx-a: b\r\n"
            "content-length: 5\r\n\r\nhello");
}

TEST(ResponseWriter, TellsTheLengthButSendsNoBodyToHead) {
  Framing head = kFraming;
  head.head_only = true;
  const std::string text = written({.status = 200, .headers = {}, .body = "hello"}, head);
  EXPECT_THAT(text, HasSubstr("content-length: 5\r\n"));
  EXPECT_THAT(text, EndsWith("\r\n\r\n"));
}

TEST(ResponseWriter, SendsNeitherLengthNorBodyWhereThereIsNone) {
  for (const std::uint32_t status : {204u, 304u}) {
    const std::string text = written({.status = status, .headers = {}, .body = "ignored"});
    EXPECT_THAT(text, Not(HasSubstr("content-length")));
    EXPECT_THAT(text, EndsWith("\r\n\r\n"));
  }
}

TEST(ResponseWriter, SaysWhetherTheConnectionGoesOn) {
  Framing framing = kFraming;
  EXPECT_THAT(written({}, framing), Not(HasSubstr("connection:")));
  framing.minor = 0;
  EXPECT_THAT(written({}, framing), HasSubstr("connection: keep-alive\r\n"));
  framing.keep_alive = false;
  EXPECT_THAT(written({}, framing), HasSubstr("connection: close\r\n"));
}

TEST(ResponseWriter, LeavesOutFieldsThatWouldBreakTheFraming) {
  const Header headers[] = {{"Content-Length", "99"},  {"transfer-encoding", "chunked"},
                            {"Connection", "upgrade"}, {"x-split", "a\r\nx-evil: b"},
                            {"bad name", "c"},         {"x-good", "d"}};
  const std::string text = written({.status = 200, .headers = headers, .body = ""});
  EXPECT_EQ(text, "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 1970 00:00:00 GMT\r\nx-good: d\r\ncontent-length: 0\r\n\r\n");
}

TEST(ResponseWriter, TurnsAnImpossibleStatusInto500) {
  EXPECT_THAT(written({.status = 0, .headers = {}, .body = ""}), HasSubstr("HTTP/1.1 500 Internal Server Error"));
  EXPECT_THAT(written({.status = 101, .headers = {}, .body = ""}), HasSubstr("HTTP/1.1 500 "));
  EXPECT_THAT(written({.status = 70000, .headers = {}, .body = ""}), HasSubstr("HTTP/1.1 500 "));
  EXPECT_THAT(written({.status = 418, .headers = {}, .body = ""}), HasSubstr("HTTP/1.1 418 Status"));
}

TEST(ResponseWriter, MakesErrorBodies) {
  EXPECT_EQ(error_body(404, "nothing is mounted at \"/x\""),
            R"({"error":{"code":"NotFound","message":"nothing is mounted at \"/x\""}})");
}

TEST(JsonQuote, EscapesControlsAndReplacesWhatIsNotUtf8) {
  EXPECT_EQ(json_quote("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(json_quote("grün €\xf0\x9f\x8c\xb1"), "\"grün €\xf0\x9f\x8c\xb1\"");
  EXPECT_EQ(json_quote("\xc0\xaf"), R"("\ufffd\ufffd")");            // overlong
  EXPECT_EQ(json_quote("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");  // surrogate
  EXPECT_EQ(json_quote("\xe2\x82"), R"("\ufffd\ufffd")");            // cut off
}

TEST(Date, IsWrittenAsInTheStandard) {
  EXPECT_EQ(format_date(784111777'000), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_date(951782400'999), "Tue, 29 Feb 2000 00:00:00 GMT");
}

}  // namespace
}  // namespace trellis::http

// Requests as they go over the wire, and those that must not.
#include "common/http/request_writer.hpp"

#include <gtest/gtest.h>

namespace trellis::http {
namespace {

std::string written(const OutgoingRequest& request) {
  std::string out;
  const auto wrong = write_request(out, request);
  EXPECT_EQ(out.empty(), wrong.has_value());
  return wrong.value_or(out);
}

std::string with_header(std::string_view name, std::string_view value) {
  const Header headers[] = {{name, value}};
  return written({.host = "h", .headers = headers});
}

TEST(RequestWriter, WritesLineHostFieldsAndBody) {
  const Header headers[] = {{"Accept", "text/plain"}, {"x-one", "1"}};
  EXPECT_EQ(written({.method = "PUT", .target = "/a?b=c", .host = "h:81", .headers = headers, .body = "hello"}),
            "PUT /a?b=c HTTP/1.1\r\nhost: h:81\r\nAccept: text/plain\r\nx-one: 1\r\ncontent-length: 5\r\n\r\nhello");
  EXPECT_EQ(written({.host = "h"}), "GET / HTTP/1.1\r\nhost: h\r\n\r\n");
}

TEST(RequestWriter, SaysThatAPostHasNoBody) {
  EXPECT_EQ(written({.method = "POST", .host = "h"}), "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 0\r\n\r\n");
}

TEST(RequestWriter, NobodyCanAddAFieldOrARequest) {
  EXPECT_EQ(written({.method = "GET /x", .host = "h"}), "the method is not a token");
  for (const std::string_view target : {"", "/a b", "/a\r\nx: y", "/a#b", "/\xc3\xa4"}) {
    EXPECT_EQ(written({.target = target, .host = "h"}),
              "the request target is empty or contains a blank, a control character or '#'");
  }
  EXPECT_EQ(written({.host = "h\r\nx: y"}), "the host is empty or contains a blank or a control character");
  EXPECT_EQ(written({}), "the host is empty or contains a blank or a control character");
  EXPECT_EQ(with_header("a\r\nb", "c"), "a header field's name is not a token");
  EXPECT_EQ(with_header("a: b", "c"), "a header field's name is not a token");
  EXPECT_EQ(with_header("a", "b\r\nc: d"), "the value of the header field \"a\" contains a control character");
  EXPECT_EQ(with_header("a", std::string_view("b\0", 2)),
            "the value of the header field \"a\" contains a control character");
}

TEST(RequestWriter, KeepsTheFramingToItself) {
  for (const std::string_view name : {"Host", "content-length", "Transfer-Encoding", "connection", "TE", "expect"}) {
    EXPECT_EQ(with_header(name, "1"), "the header field \"" + std::string(name) + "\" cannot be set");
  }
}

}  // namespace
}  // namespace trellis::http

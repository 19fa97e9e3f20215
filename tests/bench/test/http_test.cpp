// Answers are found however they are cut, and what is not strictly an answer is refused.
#include "http.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace trellis::bench {
namespace {

struct Found {
  HttpScan scan = HttpScan::malformed;
  HttpResponse response;
  std::string body;
  std::size_t size = 0;
};

Found scan(std::string text) {
  Found found;
  found.scan = next_response(text, found.response, found.size);
  found.body = found.response.body;
  return found;
}

std::string with(const std::string& fields, const std::string& body = "") {
  return "HTTP/1.1 200 OK\r\n" + fields + "\r\n" + body;
}

TEST(HttpRequest, HasItsLengthAndRoomForTheBody) {
  OutBuffer out;
  char* const room = HttpRequest("/a?b=c", "text/plain", "k+/=").append(out, 3);
  std::copy_n("xyz", 3, room);
  EXPECT_EQ(std::string(out.data(), out.size()),
            "POST /a?b=c HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
            "Authorization: SharedAccessKey k+/=\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nxyz");
}

TEST(HttpResponse, EndsWhereItsLengthSays) {
  const Found found = scan(with("content-LENGTH:  5 \r\n", "{\"a\":HTTP/1.1"));
  ASSERT_EQ(found.scan, HttpScan::response);
  EXPECT_EQ(found.response.status, 200U);
  EXPECT_EQ(found.body, "{\"a\":");
  EXPECT_EQ(found.size, with("content-LENGTH:  5 \r\n").size() + 5);
  EXPECT_FALSE(found.response.close);
}

TEST(HttpResponse, PutsChunksTogether) {
  const std::string text =
      with("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\nA;x=y\r\n0123456789\r\n1\r\n!\r\n0\r\nTrailer: 1\r\n\r\n");
  const Found found = scan(text + "next");
  ASSERT_EQ(found.scan, HttpScan::response);
  EXPECT_EQ(found.body, "abc0123456789!");
  EXPECT_EQ(found.size, text.size());
}

TEST(HttpResponse, WaitsForItsRestAndIsUnchangedMeanwhile) {
  for (const auto& text : {with("Content-Length: 4\r\n", "body"),
                           with("Transfer-Encoding: chunked\r\n", "2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n")}) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      std::string part = text.substr(0, size);
      HttpResponse response;
      std::size_t used = 0;
      ASSERT_EQ(next_response(part, response, used), HttpScan::incomplete) << size;
      ASSERT_EQ(part, text.substr(0, size));
    }
    EXPECT_EQ(scan(text).scan, HttpScan::response);
  }
}

TEST(HttpResponse, SaysWhenTheConnectionEnds) {
  EXPECT_TRUE(scan(with("Content-Length: 0\r\nConnection: Close\r\n")).response.close);
  EXPECT_EQ(scan("HTTP/1.1 204 No Content\r\n\r\n").scan, HttpScan::response);
}

TEST(HttpResponse, HasToBeOneByTheRules) {
  for (const auto& text :
       {std::string("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"),
        std::string("HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"),
        std::string("HTTP/1.1 2000\r\nContent-Length: 0\r\n\r\n"), std::string("HTTP/1.1 100 Continue\r\n\r\n"),
        "HTTP/1.1 200 OK\r\n" + std::string(20000, 'a')}) {
    EXPECT_EQ(scan(text).scan, HttpScan::malformed) << text.substr(0, 40);
  }
  for (const char* fields :
       {"", "Content-Length: -1\r\n", "Content-Length: 1 2\r\n", "Content-Length: 0x1\r\n",
        "Content-Length: 99999999999999999999\r\n", "Content-Length: 1\r\nContent-Length: 1\r\n",
        "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Content-Length: 0\r\n folded: 1\r\n", "Content-Length : 0\r\n", ": 0\r\nContent-Length: 0\r\n"}) {
    EXPECT_EQ(scan(with(fields, "a")).scan, HttpScan::malformed) << fields;
  }
  for (const char* chunks : {"x\r\n", "1\r\nabc\r\n", "fffffffff\r\n", "\r\n"}) {
    EXPECT_EQ(scan(with("Transfer-Encoding: chunked\r\n", chunks)).scan, HttpScan::malformed) << chunks;
  }
}

TEST(HttpCalls, AreFoundHoweverTheyAreCut) {
  const std::string text = "POST /in HTTP/1.1\r\ncontent-length: 3\r\n\r\nabcPOST /";
  for (std::size_t cut = 0; cut < text.size() - 6; ++cut) {
    HttpCall call;
    std::size_t size = 0;
    EXPECT_EQ(next_request(text.substr(0, cut), call, size), HttpScan::incomplete) << cut;
  }
  HttpCall call;
  std::size_t size = 0;
  ASSERT_EQ(next_request(text, call, size), HttpScan::response);
  EXPECT_EQ(call.path, "/in");
  EXPECT_EQ(call.body, "abc");
  EXPECT_EQ(text.substr(size), "POST /");
  EXPECT_EQ(next_request("nonsense\r\n\r\n", call, size), HttpScan::malformed);
  EXPECT_EQ(next_request("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", call, size), HttpScan::malformed);
}

}  // namespace
}  // namespace trellis::bench

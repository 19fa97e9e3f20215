// Compressed requests and answers, in both versions of HTTP.
#include <gmock/gmock-more-matchers.h>

#include "common/http/gzip.hpp"
#include "http2_peer.hpp"

namespace transport_http::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

const Fields kAccepts{{"accept-encoding", "gzip"}};
const Fields kJson{{"content-type", "application/json"}};

std::string gunzip(std::string_view body) {
  std::string decoded;
  EXPECT_FALSE(trellis::http::decode_body(body, trellis::http::ContentCoding::gzip, 1'000'000, decoded));
  return decoded;
}

std::string gzip(std::string_view body) { return trellis::http::compress_gzip(body).value(); }

// What a client of HTTP/2 gets for an answer of a service.
Http2Response ask(std::string_view settings, const Fields& request, std::string_view body, const Fields& fields,
                  std::string_view method = "GET", std::uint32_t status = 200) {
  FakeKernel kernel(settings);
  Http2Peer peer(kernel);
  const auto stream = peer.request(method, "/", request);
  peer.client.answer(0, status, body, fields);
  peer.exchange();
  EXPECT_TRUE(peer.responses[stream].complete);
  return peer.responses[stream];
}

std::string post(const std::string& coding, const std::string& body) {
  return "POST / HTTP/1.1\r\nHost: h\r\nContent-Encoding: " + coding +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(Compression, AnswersAreCompressedForThoseWhoTakeIt) {
  const std::string body(1024, 'x');
  const Http2Response response = ask("{}", kAccepts, body, kJson);
  EXPECT_EQ(gunzip(response.body), body);
  EXPECT_THAT(response.fields, Contains(Pair("content-encoding", "gzip")));
  EXPECT_THAT(response.fields, Contains(Pair("vary", "Accept-Encoding")));
  EXPECT_THAT(response.fields, Contains(Pair("content-length", std::to_string(response.body.size()))));
}

TEST(Compression, OthersGetThePlainAnswerAndCachesAreTold) {
  const std::string body(1024, 'x');
  for (const Fields& request :
       {Fields{}, Fields{{"accept-encoding", "br, gzip;q=0"}}, Fields{{"accept-encoding", "identity;q=0"}}}) {
    const Http2Response response = ask("{}", request, body, kJson);
    EXPECT_EQ(response.body, body);
    EXPECT_THAT(response.fields, Contains(Pair("vary", "Accept-Encoding")));
    EXPECT_THAT(response.fields, Not(Contains(Pair("content-encoding", ::testing::_))));
  }
}

TEST(Compression, LeavesAloneWhatItWouldNotImprove) {
  const std::string body(1024, 'x');
  const std::pair<std::string, Fields> cases[] = {
      {body.substr(1), kJson},
      {body, {{"content-type", "image/png"}}},
      {body, {}},
      {body, {{"content-type", "text/css"}, {"Content-Encoding", "br"}}},
      {body, {{"content-type", "text/css"}, {"etag", "\"strong\""}}},
      {body, {{"content-type", "text/css"}, {"cache-control", "no-store, No-Transform"}}}};
  for (const auto& [text, fields] : cases) {
    const Http2Response response = ask("{}", kAccepts, text, fields);
    EXPECT_EQ(response.body, text);
    EXPECT_THAT(response.fields, Not(Contains(Pair("vary", ::testing::_))));
  }
  EXPECT_EQ(ask("{}", kAccepts, body, kJson, "GET", 206).body, body);
  EXPECT_THAT(ask("{}", kAccepts, body, {{"content-type", "text/css"}, {"etag", "W/\"1\""}}).fields,
              Contains(Pair("content-encoding", "gzip")));
}

TEST(Compression, DoesNotRepeatWhatTheServiceSaidOfCaches) {
  const Http2Response response =
      ask("{}", kAccepts, std::string(2000, 'x'), {{"content-type", "text/css"}, {"vary", "origin, accept-encoding"}});
  EXPECT_EQ(response.fields.at("vary"), "origin, accept-encoding");
  EXPECT_EQ(response.fields.at("content-encoding"), "gzip");
}

TEST(Compression, HeadTellsTheLengthOfGet) {
  const std::string body(5000, 'x');
  const Http2Response get = ask("{}", kAccepts, body, kJson);
  const Http2Response head = ask("{}", kAccepts, body, kJson, "HEAD");
  EXPECT_EQ(head.fields, get.fields);
  EXPECT_THAT(head.body, IsEmpty());
}

TEST(Compression, CanBeSwitchedOffForAnswers) {
  constexpr std::string_view kOff =
      R"({"body_bytes":1024,"head_bytes":1024,"target_bytes":256,"header_count":10,"pipelined_requests":3,)"
      R"("streams":4,"buffered_bytes":65536,"gzip":false,)"
      R"("unfinished_bytes":1000000,"head_timeout":10000,"body_timeout":60000,"idle_timeout":75000})";
  const std::string body(5000, 'x');
  const Http2Response response = ask(kOff, kAccepts, body, kJson);
  EXPECT_EQ(response.body, body);
  EXPECT_THAT(response.fields, Not(Contains(Pair("vary", ::testing::_))));
}

TEST(Compression, WorksInHttp1) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send("GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
  const std::string body(5000, 'x');
  client.answer(0, 200, body, kJson);
  const std::string text = client.received();
  EXPECT_THAT(text, HasSubstr("\r\nvary: Accept-Encoding\r\ncontent-encoding: gzip\r\n"));
  EXPECT_EQ(gunzip(text.substr(text.find("\r\n\r\n") + 4)), body);
  client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.answer(1, 200, body, kJson);
  EXPECT_THAT(client.received(), Not(HasSubstr("content-encoding")));
}

TEST(Compression, RequestsAreDecompressed) {
  FakeKernel kernel;
  Http2Peer peer(kernel);
  peer.request("POST", "/", {{"content-encoding", "gzip"}, {"x", "y"}}, gzip("hello"));
  FakeClient old(kernel);
  old.send(post("x-gzip", gzip("hello")));
  ASSERT_EQ(peer.client.asked.size(), 1u);
  ASSERT_EQ(old.asked.size(), 1u);
  EXPECT_EQ(peer.client.asked[0].body, "hello");
  EXPECT_EQ(old.asked[0].body, "hello");
  EXPECT_THAT(peer.client.asked[0].headers, ElementsAre(Pair("x", "y"), Pair("host", "h")));
  EXPECT_THAT(old.asked[0].headers, ElementsAre(Pair("host", "h")));
}

TEST(Compression, RequestsThatCannotBeDecompressedAreRefused) {
  const std::tuple<std::string, std::string, std::string> cases[] = {{"gzip", "no gzip", "400"},
                                                                     {"gzip", gzip(std::string(1025, 'x')), "413"},
                                                                     {"br", "x", "415"},
                                                                     {"gzip, gzip", gzip(gzip("x")), "415"}};
  for (const auto& [coding, body, status] : cases) {
    FakeKernel kernel;
    Http2Peer peer(kernel);
    const auto stream = peer.request("POST", "/", {{"content-encoding", coding}}, body);
    EXPECT_EQ(peer.responses[stream].status, status);
    EXPECT_THAT(peer.responses[stream].body, StartsWith(R"({"error":)"));
    EXPECT_EQ(peer.responses[stream].fields.count("accept-encoding"), status == "415" ? 1u : 0u);
    FakeClient old(kernel);
    old.send(post(coding, body));
    EXPECT_THAT(old.received(), StartsWith("HTTP/1.1 " + status));
    EXPECT_THAT(peer.client.asked, IsEmpty());
    EXPECT_THAT(old.asked, IsEmpty());
  }
}

}  // namespace
}  // namespace transport_http::testing

// Requests over HTTP/2: what is sent, what comes back, how they share a connection.
#include "common/http/gzip.hpp"
#include "http2_fixture.hpp"

namespace trellis::http::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

TEST_F(Http2Client, IsOfferedWhereTheConnectionIsEncrypted) {
  send(get("https://h/"));
  send(get("http://h/"));
  EXPECT_EQ(host_.dials()[0].alpn, "h2,http/1.1");
  host_.answer_dial({{TRELLIS_FACT_TLS_ALPN, "http/1.1"}}).send(ok(""));
  EXPECT_EQ(open_connections("http/1.1"), 1);
  EXPECT_EQ(host_.answer_dial({{TRELLIS_FACT_TLS_ALPN, "h2"}}).received().substr(0, 4), "GET ") << "in clear text";
  make({.http2 = false});
  send(get("https://h/"));
  EXPECT_EQ(host_.dials()[0].alpn, "http/1.1");
}

TEST_F(Http2Client, SendsARequestAndTakesItsAnswer) {
  ClientRequest request = post("https://api.example.com:8443/in?code=1", "hello");
  request.headers = {{"Content-Type", "text/plain"}, {"Authorization", "Bearer s"}, {"X-Blanks", " a "}};
  const auto watch = send(std::move(request));
  Http2Server server = serve();
  const Http2Request& seen = server.requests[1];
  EXPECT_EQ(seen.fields, (std::map<std::string, std::string>{{":method", "POST"},
                                                             {":scheme", "https"},
                                                             {":authority", "api.example.com:8443"},
                                                             {":path", "/in?code=1"},
                                                             {"content-type", "text/plain"},
                                                             {"authorization", "Bearer s"},
                                                             {"x-blanks", "a"},
                                                             {"user-agent", "trellis"},
                                                             {"content-length", "5"}}));
  EXPECT_EQ(seen.body, "hello");
  EXPECT_EQ(server.client_settings[NGHTTP2_SETTINGS_ENABLE_PUSH], 0U);
  server.answer(1, {{":status", "103"}, {"link", "x"}});
  server.answer(1, {{":status", "201"}, {"x-id", "7"}}, "da", false);
  EXPECT_FALSE(watch->done());
  server.data(1, "ta", true);
  ASSERT_TRUE(watch->done() && *watch->result);
  const ClientResponse& response = **watch->result;
  EXPECT_EQ(response.status, 201U);
  EXPECT_EQ(response.header("x-id"), "7");
  EXPECT_EQ(response.header("link"), "");
  EXPECT_EQ(response.body, "data");
  EXPECT_EQ(response.url.host, "api.example.com");
  EXPECT_EQ(open_connections("h2"), 1);
  EXPECT_EQ(metric("streams"), 0);
}

TEST_F(Http2Client, NoSecretGetsIntoTheTableOfTheCompression) {
  ClientRequest request = get("https://h/in?code=secret");
  request.headers = {{"Authorization", "Bearer s"}, {"x-functions-key", "k"}, {"Content-Type", "text/plain"}};
  send(std::move(request));
  Http2Server server = serve();
  const auto& never = server.requests[1].never_indexed;
  EXPECT_THAT(never, Contains("authorization"));
  EXPECT_THAT(never, Contains("x-functions-key"));
  EXPECT_THAT(never, Contains(":path"));
  EXPECT_THAT(never, Not(Contains("content-type")));
}

TEST_F(Http2Client, RequestsShareOneConnection) {
  const auto all = send_many(5, get("https://h/"));
  ASSERT_EQ(host_.dials().size(), 1U) << "nobody knows yet what it speaks";
  Http2Server server = serve();
  EXPECT_THAT(server.open(), ElementsAre(1, 3, 5, 7, 9));
  EXPECT_EQ(metric("streams"), 5);
  EXPECT_EQ(metric("waiting"), 0);
  for (const std::int32_t id : {9, 1, 5, 3, 7}) server.ok(id, std::to_string(id));
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i]->body(), std::to_string(2 * i + 1));
  EXPECT_EQ(metric("streams"), 0);
  EXPECT_EQ(metric("dialled_total"), 1);
  host_.advance(31s);
  EXPECT_FALSE(server.connection.open());
  EXPECT_EQ(open_connections("h2"), 0);
}

TEST_F(Http2Client, WhoSpeaksHttp1GetsMoreConnectionsOnceThatIsKnown) {
  send_many(5, get("https://h/"));
  ASSERT_EQ(host_.dials().size(), 1U);
  host_.answer_dial({{TRELLIS_FACT_TLS_ALPN, "http/1.1"}});
  EXPECT_EQ(host_.dials().size(), 4U);
}

TEST_F(Http2Client, ALayerOfItsOwnIsAConnectionOfItsOwn) {
  ClientRequest other = get("https://h/");
  other.layer = "partner-tls";
  send(get("https://h/"));
  Http2Server server = serve();
  send(std::move(other));
  ASSERT_EQ(host_.dials().size(), 1U);
  EXPECT_EQ(host_.dials()[0].layer, "partner-tls");
}

TEST_F(Http2Client, NoMoreAreUnderWayThanTheServerAllows) {
  make({.connections_per_host = 1});
  const auto all = send_many(5, get("https://h/"));
  Http2Server server = serve({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 2}});
  EXPECT_THAT(server.open(), ElementsAre(1, 3));
  server.ok(1);
  EXPECT_EQ(server.open().size(), 2U);
  server.settings({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 10}});
  while (!server.open().empty()) server.ok(server.open()[0]);
  for (const auto& one : all) EXPECT_EQ(one->status(), 200U);
}

TEST_F(Http2Client, NorThanTheSettings) {
  make({.connections_per_host = 1, .streams = 3});
  send_many(5, get("https://h/"));
  Http2Server server = serve();
  EXPECT_EQ(server.open().size(), 3U);
  EXPECT_EQ(metric("waiting"), 2);
  server.ok(1);
  EXPECT_THAT(server.open(), ElementsAre(3, 5, 7));
}

TEST_F(Http2Client, BodiesUnderWayAreBounded) {
  make({.connections_per_host = 1, .stream_bytes = 1000});
  send_many(3, post("https://h/", std::string(600, 'x')));
  Http2Server server = serve();
  EXPECT_EQ(server.open().size(), 2U);
  server.ok(1);
  EXPECT_EQ(server.open().size(), 2U);
}

TEST_F(Http2Client, ALargeBodyWaitsForTheServersWindow) {
  const std::string body(300'000, 'b');
  send(get("https://h/"));
  Http2Server server = serve({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1000}});
  const auto watch = send(post("https://h/", body));
  EXPECT_EQ(metric("streams"), 2);
  server.exchange();
  EXPECT_TRUE(server.requests[3].complete);
  EXPECT_TRUE(server.requests[3].body == body);
  server.ok(3, "all");
  EXPECT_EQ(watch->body(), "all");
}

TEST_F(Http2Client, AWindowThatNeverOpensMeetsTheDeadline) {
  const auto watch = send(post("https://h/", std::string(300'000, 'b')));
  Http2Server server = serve({}, false);
  const auto other = send(get("https://h/"));
  server.exchange();
  EXPECT_FALSE(server.requests[1].complete);
  host_.advance(20s);
  server.ok(3);
  EXPECT_EQ(other->status(), 200U);
  host_.advance(11s);
  EXPECT_EQ(watch->error(), "POST https://h: timed out after 30000 ms while sending");
  server.exchange();
  EXPECT_THAT(server.requests[1].resets, ElementsAre(NGHTTP2_CANCEL));
}

TEST_F(Http2Client, ALargeAnswerComesThroughOurWindows) {
  ClientRequest request = get("https://h/");
  request.max_response_bytes = 4 * 1024 * 1024;
  const auto watch = send(std::move(request));
  Http2Server server = serve();
  const std::string body(3 * 1024 * 1024, 'a');
  server.ok(1, body);
  EXPECT_TRUE(watch->body() == body);
}

TEST_F(Http2Client, AnAnswerBeforeTheBodyWasSentCounts) {
  const auto watch = send(post("https://h/", std::string(300'000, 'b')));
  Http2Server server = serve({}, false);
  server.answer(1, {{":status", "413"}});
  EXPECT_EQ(watch->status(), 413U);
  EXPECT_THAT(server.requests[1].resets, ElementsAre(NGHTTP2_CANCEL));
  const auto next = send(get("https://h/"));
  server.exchange();
  server.ok(3);
  EXPECT_EQ(next->status(), 200U);
}

TEST_F(Http2Client, CompressedBodiesAreDecompressed) {
  const auto watch = send(get("https://h/"));
  const auto head = send({.method = "HEAD", .url = parse_url("https://h/").value()});
  Http2Server server = serve();
  server.answer(1, {{":status", "200"}, {"content-encoding", "gzip"}}, *compress_gzip("plain"));
  EXPECT_EQ(watch->body(), "plain");
  EXPECT_EQ((*watch->result)->header("content-encoding"), "");
  server.answer(3, {{":status", "200"}, {"content-length", "99999999"}});
  EXPECT_EQ(head->status(), 200U);
}

TEST_F(Http2Client, RedirectsAreFollowedOverTheSameConnection) {
  ClientRequest request = get("https://h/a");
  request.follow_redirects = 1;
  const auto watch = send(std::move(request));
  Http2Server server = serve();
  server.answer(1, {{":status", "302"}, {"location", "/b"}});
  EXPECT_EQ(server.requests[3].fields[":path"], "/b");
  server.ok(3, "there");
  EXPECT_EQ(watch->body(), "there");
}

}  // namespace
}  // namespace trellis::http::testing

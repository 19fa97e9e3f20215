// What concerns no version in particular: which one is spoken, and the plugin's settings.
#include <gmock/gmock-more-matchers.h>
#include <nghttp2/nghttp2.h>

#include "fake_kernel.hpp"

namespace transport_http::testing {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::StartsWith;

TEST(HttpConnection, TakesBothVersionsForItsOwn) {
  FakeKernel kernel;
  for (const std::string_view begin : {"GET / HTTP/1.1\r\n", "PRI * HTTP/2.0\r\n", "P"}) {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(begin.data());
    EXPECT_EQ(kernel.protocol().recognise(kernel.shard(), bytes, begin.size()), std::uint32_t{TRELLIS_RECOGNISED_YES});
  }
  const std::uint8_t mqtt = 0x10;
  EXPECT_EQ(kernel.protocol().recognise(kernel.shard(), &mqtt, 1), std::uint32_t{TRELLIS_RECOGNISED_NO});
}

TEST(HttpConnection, KnowsThePrefaceInPieces) {
  FakeKernel kernel;
  FakeClient client(kernel);
  for (const char c : std::string_view(NGHTTP2_CLIENT_MAGIC)) client.send({&c, 1});
  EXPECT_EQ(client.received().substr(3, 1), std::string(1, NGHTTP2_SETTINGS));
  FakeClient old(kernel);
  for (const char c : std::string_view("PRI / HTTP/1.1\r\nHost: h\r\n\r\n")) old.send({&c, 1});
  ASSERT_EQ(old.asked.size(), 1u);
  EXPECT_EQ(old.asked[0].method, "PRI");
}

TEST(HttpConnection, IgnoresUpgrades) {
  FakeKernel kernel;
  FakeClient client(kernel);
  client.send(
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: "
      "AAMAAABk\r\n\r\n");
  client.answer(0, 200, "as ever");
  EXPECT_THAT(client.received(), AllOf(StartsWith("HTTP/1.1 200 OK"), EndsWith("as ever")));
}

TEST(TransportHttp, RefusesATargetLongerThanTheHead) {
  TransportHttp plugin;
  const auto settings = trellis::Config::parse(
      R"({"body_bytes":1,"head_bytes":8192,"target_bytes":8192,"header_count":10,"pipelined_requests":3,)"
      R"("streams":4,"buffered_bytes":65536,"gzip":true,)"
      R"("unfinished_bytes":1000000,"head_timeout":1,"body_timeout":1,"idle_timeout":1})");
  EXPECT_FALSE(plugin.configure(*settings));
}

}  // namespace
}  // namespace transport_http::testing

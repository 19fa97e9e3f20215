// The layer: whom it believes, and what it passes on.
#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

#include "proxy_protocol.hpp"

namespace transport_proxy_protocol {
namespace {

constexpr std::string_view kHeader = "PROXY TCP4 192.0.2.7 198.51.100.1 40000 1883\r\n";
constexpr std::string_view kEverybody = R"({"from": ["0.0.0.0/0", "::/0"]})";

TEST(ProxyLayer, PassesWhatFollowsTheHeader) {
  trellis::testing::TestHost host;
  auto connection = host.load<ProxyProtocol>(kEverybody).connect();
  for (const char byte : kHeader) EXPECT_TRUE(connection.input({&byte, 1}));
  EXPECT_EQ(connection.up(), "");
  EXPECT_EQ(connection.fact(TRELLIS_FACT_PEER), "192.0.2.7:40000");
  EXPECT_EQ(connection.fact(TRELLIS_FACT_HOST), "");
  EXPECT_TRUE(connection.input("hello"));
  EXPECT_TRUE(connection.output("world"));
  EXPECT_EQ(connection.up(), "hello");
  EXPECT_EQ(connection.down(), "world");
}

TEST(ProxyLayer, BytesBehindTheHeaderInOnePieceArrive) {
  trellis::testing::TestHost host;
  auto connection = host.load<ProxyProtocol>(kEverybody).connect();
  EXPECT_TRUE(connection.input(std::string(kHeader) + "hello"));
  EXPECT_EQ(connection.up(), "hello");
}

TEST(ProxyLayer, BelievesOnlyItsProxies) {
  trellis::testing::TestHost host;
  auto connection = host.load<ProxyProtocol>(R"({"from": ["10.0.0.0/8"]})").connect();
  EXPECT_FALSE(connection.input(kHeader));
  EXPECT_EQ(host.metric("trellis_proxy_headers_total", "outcome=\"untrusted\""), 1);
}

TEST(ProxyLayer, MalformedHeaderEndsTheConnection) {
  trellis::testing::TestHost host;
  auto connection = host.load<ProxyProtocol>(kEverybody).connect();
  EXPECT_FALSE(connection.input("GET / HTTP/1.1\r\n"));
  EXPECT_EQ(connection.up(), "");
  EXPECT_EQ(host.metric("trellis_proxy_headers_total", "outcome=\"malformed\""), 1);
}

TEST(ProxyLayer, IsRecognisedByItsFirstBytes) {
  trellis::testing::TestHost host;
  auto layer = host.load<ProxyProtocol>(kEverybody);
  EXPECT_EQ(layer.recognise("PRO"), TRELLIS_RECOGNISED_MORE);
  EXPECT_EQ(layer.recognise("PROXY T"), TRELLIS_RECOGNISED_YES);
  EXPECT_EQ(layer.recognise("\r\n\r\n"), TRELLIS_RECOGNISED_MORE);
  EXPECT_EQ(layer.recognise("\x10\x0c"), TRELLIS_RECOGNISED_NO);
  EXPECT_EQ(layer.recognise("PRI * HTTP/2.0"), TRELLIS_RECOGNISED_NO);
}

TEST(ProxySettings, RangesAreChecked) {
  trellis::testing::TestHost host;
  EXPECT_NE(host.refusal<ProxyProtocol>(R"({"from": ["::1", "10.0.0.0/40"]})")
                .find("/from/1: \"10.0.0.0/40\" is no address and no range"),
            std::string::npos);
}

}  // namespace
}  // namespace transport_proxy_protocol

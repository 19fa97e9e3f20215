// The layer on connections made from here, and on others.
#include "http_proxy.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

namespace transport_http_proxy {
namespace {

using trellis::testing::TestHost;

constexpr std::string_view kOpen = "HTTP/1.1 200 Connection established\r\n\r\n";

std::int64_t tunnels(const TestHost& host, std::string_view outcome) {
  return host.metric("trellis_http_proxy_tunnels_total", "outcome=\"" + std::string(outcome) + "\"");
}

TEST(HttpProxyLayer, AsksForATunnelAndPassesBytesThroughIt) {
  TestHost host;
  auto connection = host.load<HttpProxy>().dial("api.example.com", 443);
  EXPECT_EQ(connection.down(), "CONNECT api.example.com:443 HTTP/1.1\r\nhost: api.example.com:443\r\n\r\n");
  EXPECT_TRUE(connection.input("HTTP/1.1 200"));
  EXPECT_FALSE(connection.ready());
  EXPECT_TRUE(connection.input(" OK\r\n\r\nhel"));
  EXPECT_TRUE(connection.ready());
  EXPECT_TRUE(connection.input("lo"));
  EXPECT_EQ(connection.up(), "hello");
  EXPECT_TRUE(connection.output("HTTP/1.1 500 no longer looked at\r\n\r\n"));
  EXPECT_EQ(connection.down(), "HTTP/1.1 500 no longer looked at\r\n\r\n");
  EXPECT_EQ(connection.fact(TRELLIS_FACT_ERROR), "");
  EXPECT_EQ(tunnels(host, "open"), 1);
}

TEST(HttpProxyLayer, SaysWhoAsks) {
  TestHost host;
  auto connection = host.load<HttpProxy>(R"({"user": "Aladdin", "password": "open sesame"})").dial("h", 443);
  EXPECT_NE(connection.down().find("\r\nproxy-authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"),
            std::string::npos);
}

TEST(HttpProxyLayer, GivesUpAndSaysWhy) {
  TestHost host;
  auto connection = host.load<HttpProxy>().dial("h", 443);
  EXPECT_FALSE(connection.input("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nno!"));
  EXPECT_FALSE(connection.ready());
  EXPECT_EQ(
      connection.fact(TRELLIS_FACT_ERROR),
      "the proxy refuses the tunnel with 407 Proxy Authentication Required: it wants a user and a password, which "
      "belong into this layer's settings");
  EXPECT_EQ(connection.up(), "");
  EXPECT_EQ(tunnels(host, "refused"), 1);
}

TEST(HttpProxyLayer, GivesUpOnWhatIsNoAnswer) {
  TestHost host;
  auto connection = host.load<HttpProxy>().dial("h", 443);
  EXPECT_FALSE(connection.input("\x15\x03\x01"));
  EXPECT_EQ(tunnels(host, "malformed"), 1);
}

TEST(HttpProxyLayer, IsNotForListeners) {
  TestHost host;
  auto layer = host.load<HttpProxy>();
  EXPECT_FALSE(layer.connect().accepted());
  EXPECT_TRUE(host.logged("not for a listener"));
  EXPECT_EQ(layer.recognise("CONNECT "), TRELLIS_RECOGNISED_NO);
}

TEST(HttpProxySettings, UserAndPasswordGoTogether) {
  TestHost host;
  for (const std::string_view settings :
       {R"({"user": "a"})", R"({"password": "b"})", R"({"user": "", "password": "b"})"}) {
    EXPECT_EQ(host.refusal<HttpProxy>(settings), "/user and /password go together: one is missing");
  }
  EXPECT_EQ(host.refusal<HttpProxy>(R"({"user": "a:b", "password": "c"})"),
            "/user: it must not contain ':' or a control character");
  EXPECT_EQ(host.refusal<HttpProxy>(R"({"user": "a", "password": "c\n"})"),
            "/password: it must not contain a control character; does its file end in an empty line?");
}

}  // namespace
}  // namespace transport_http_proxy

// What is said to a proxy, and how its answer is read.
#include "tunnel.hpp"

#include <gtest/gtest.h>

namespace transport_http_proxy {
namespace {

TEST(TunnelRequest, NamesHostAndPort) {
  EXPECT_EQ(tunnel_request("api.example.com", 443, ""),
            "CONNECT api.example.com:443 HTTP/1.1\r\nhost: api.example.com:443\r\n\r\n");
  EXPECT_EQ(tunnel_request("2001:db8::1", 80, ""),
            "CONNECT [2001:db8::1]:80 HTTP/1.1\r\nhost: [2001:db8::1]:80\r\n\r\n");
}

TEST(TunnelRequest, SaysWhoAsks) {
  EXPECT_EQ(basic_credentials("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(tunnel_request("h", 1, "Basic QTpC"),
            "CONNECT h:1 HTTP/1.1\r\nhost: h:1\r\nproxy-authorization: Basic QTpC\r\n\r\n");
}

TEST(TunnelRequest, NobodyCanAddAField) { EXPECT_EQ(tunnel_request("h\r\nx: y", 1, ""), ""); }

std::string error_of(std::string_view answer, bool with_credentials = false) {
  Tunnel tunnel(with_credentials);
  tunnel.feed(answer);
  EXPECT_FALSE(tunnel.open());
  return tunnel.error();
}

struct Refused {
  std::string_view answer;
  std::string_view error;
};
class TunnelRefusal : public ::testing::TestWithParam<Refused> {};

TEST_P(TunnelRefusal, SaysWhatTheProxySaid) {
  EXPECT_EQ(error_of("HTTP/1.1 " + std::string(GetParam().answer) + "\r\nContent-Length: 99\r\n\r\n"),
            "the proxy refuses the tunnel with " + std::string(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Statuses, TunnelRefusal,
    ::testing::Values(Refused{"403 Forbidden", "403 Forbidden: it does not allow this host or port"},
                      Refused{"405 Not Here", "405 Not Here: it makes no tunnels; is this the address of a proxy?"},
                      Refused{"407 Who?",
                              "407 Who?: it wants a user and a password, which belong into this layer's settings"},
                      Refused{"502", "502: it cannot reach that host"}, Refused{"302 Found", "302 Found"}));

TEST(Tunnel, TellsWrongCredentialsFromMissingOnes) {
  EXPECT_EQ(error_of("HTTP/1.1 407 Who?\r\n\r\n", true),
            "the proxy refuses the tunnel with 407 Who?: it does not take the user and password of the settings");
}

TEST(Tunnel, LeavesWhatIsBehindTheAnswer) {
  constexpr std::string_view kAnswer = "HTTP/1.1 100 Wait\r\n\r\nHTTP/1.0 200 Connection established\r\nVia: x\r\n\r\n";
  Tunnel tunnel(false);
  EXPECT_EQ(tunnel.feed(std::string(kAnswer) + "bytes"), kAnswer.size());
  EXPECT_TRUE(tunnel.open());
  Tunnel bytewise(false);
  for (const char byte : kAnswer) {
    EXPECT_FALSE(bytewise.open());
    EXPECT_EQ(bytewise.feed({&byte, 1}), 1U);
  }
  EXPECT_TRUE(bytewise.open());
}

TEST(Tunnel, WhatIsNoAnswerIsAFault) {
  EXPECT_EQ(error_of("SSH-2.0-x\r\n"), "the proxy's answer cannot be taken: this is not an HTTP/1 response");
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nA : b\r\n\r\n"),
            "the proxy's answer cannot be taken: a header field's name is not a token");
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nA: " + std::string(20'000, 'a')),
            "the proxy's answer cannot be taken: the status line and the header fields are too long");
}

}  // namespace
}  // namespace transport_http_proxy

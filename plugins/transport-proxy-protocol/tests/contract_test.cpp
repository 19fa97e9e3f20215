// What every layer promises.
#include <trellis/testing/contract/layer.hpp>

#include "proxy_protocol.hpp"

namespace {

using namespace std::string_literals;

struct ProxyProtocolSamples : trellis::testing::LayerSamples {
  using Plugin = transport_proxy_protocol::ProxyProtocol;
  static std::string settings() { return R"({"from": ["0.0.0.0/0", "::/0"]})"; }
  static std::vector<std::string> wrong_settings() {
    return {R"({"from": []})", R"({"from": ["::1", "10.0.0.0/40"]})"};
  }
  static std::vector<std::string> inputs() {
    const std::string version_2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xC0\0\x02\x07\xC6\x33\x64\x01\x9C\x40\x07\x5B"s;
    return {"PROXY TCP4 192.0.2.7 198.51.100.1 40000 1883\r\nhello",
            "PROXY UNKNOWN\r\nhello",
            "PROXY TCP4 192.0.2.7 198.51.100.1 40000 1883 and so on",
            version_2 + "hello",
            version_2.substr(0, 12) + "\x20\0\0\0hello"s,
            version_2.substr(0, 12) + "\x31\x11\0\x0C"s + std::string(12, '\0'),
            "GET / HTTP/1.1\r\n\r\n",
            std::string(3000, '\xFF')};
  }
};
TRELLIS_CONTRACT_SUITE(Layer, ProxyProtocolSamples);

struct UntrustedProxySamples : ProxyProtocolSamples {
  static std::string settings() { return R"({"from": ["10.0.0.0/8"]})"; }
};
TRELLIS_CONTRACT_SUITE(Layer, UntrustedProxySamples);

}  // namespace

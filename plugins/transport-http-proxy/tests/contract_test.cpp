// What every layer promises, on connections made from here.
#include <trellis/testing/contract/layer.hpp>

#include "http_proxy.hpp"

namespace {

struct HttpProxySamples : trellis::testing::LayerSamples {
  using Plugin = transport_http_proxy::HttpProxy;
  static std::vector<std::string> wrong_settings() {
    return {R"({"user": "a"})", R"({"user": "a:b", "password": "c"})", R"({"user": "a", "password": "c\n"})"};
  }
  static std::vector<std::string> inputs() {
    return {"HTTP/1.1 200 Connection established\r\n\r\nhello",
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 3\r\n\r\nno!", "\x15\x03\x01",
            std::string(3000, '\xFF')};
  }
};
TRELLIS_CONTRACT_SUITE(Layer, HttpProxySamples);

}  // namespace

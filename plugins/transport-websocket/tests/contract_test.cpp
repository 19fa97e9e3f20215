// What every layer promises.
#include <trellis/testing/contract/layer.hpp>

#include "peer.hpp"

namespace transport_websocket {
namespace {

struct WebSocketSamples : trellis::testing::LayerSamples {
  using Plugin = TransportWebSocket;
  static std::vector<std::string> wrong_settings() { return {R"({"paths": ["mqtt"]})", R"({"frame": "big"})"}; }
  static std::vector<std::string> inputs() {
    const std::string hello = ClientFrame{.payload = "hello"}.bytes();
    return {opening_request() + hello + ClientFrame{.payload = "he", .final = false}.bytes() +
                ClientFrame{.opcode = Opcode::ping, .payload = "?"}.bytes() +
                ClientFrame{.opcode = Opcode::continuation, .payload = "llo"}.bytes() +
                ClientFrame{.opcode = Opcode::close, .payload = close_payload(1000)}.bytes(),
            opening_request("Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Extensions: permessage-deflate\r\n") + hello,
            opening_request() + hello + ClientFrame{.payload = "not masked", .masked = false}.bytes(),
            opening_request() + ClientFrame{.opcode = Opcode::text, .payload = "no bytes"}.bytes(),
            opening_request("", "/elsewhere"),
            "GET / HTTP/1.1\r\n\r\n",
            std::string(3000, '\xFF')};
  }
};
TRELLIS_CONTRACT_SUITE(Layer, WebSocketSamples);

}  // namespace
}  // namespace transport_websocket

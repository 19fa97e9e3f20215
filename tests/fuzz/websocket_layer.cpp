// The WebSocket layer: however its input is cut, the same bytes go up and down, and its limit holds.
#include <string>
#include <trellis/testing/test_host.hpp>

#include "fuzz.hpp"
#include "transport_websocket.hpp"

namespace {

using transport_websocket::TransportWebSocket;
using trellis::fuzz::require;

constexpr std::string_view kOpening =
    "GET /mqtt HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n";

struct Outcome {
  std::string up;
  std::string down;
  bool goes_on = true;
  bool operator==(const Outcome&) const = default;
};

Outcome run(const trellis::testing::LayerDriver& layer, std::string_view input, bool opened, std::size_t piece) {
  auto connection = layer.connect();
  Outcome outcome;
  if (opened) outcome.goes_on = connection.input(kOpening);
  for (; outcome.goes_on && !input.empty(); input.remove_prefix(std::min(piece, input.size()))) {
    outcome.goes_on = connection.input(input.substr(0, piece));
  }
  outcome.up = connection.up();
  outcome.down = connection.down();
  connection.close();
  return outcome;
}

}  // namespace

// The first byte chooses: whether the handshake is over, and into what pieces the rest is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static trellis::testing::TestHost host;
  static const auto layer = host.load<TransportWebSocket>(
      R"({"subprotocol_required": false, "compression": true, "text": true, "message_bytes": "4KiB"})");
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool opened = (data[0] & 1) != 0;
  const Outcome whole = run(layer, input, opened, std::max<std::size_t>(input.size(), 1));
  require(run(layer, input, opened, (data[0] >> 1) + 1u) == whole, "pieces make no difference");
  return 0;
}

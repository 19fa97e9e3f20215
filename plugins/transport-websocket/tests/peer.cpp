#include "peer.hpp"

namespace transport_websocket {

std::string ClientFrame::bytes() const {
  std::string out;
  out += static_cast<char>((final ? 0x80 : 0) | reserved << 4 | static_cast<int>(opcode));
  const std::uint64_t size = payload.size();
  const int extra = length_bytes != 0 ? length_bytes : size < 126 ? 0 : size <= 0xffff ? 2 : 8;
  out += static_cast<char>((masked ? 0x80 : 0) | (extra == 0 ? static_cast<int>(size) : extra == 2 ? 126 : 127));
  for (int i = extra; i-- > 0;) out += static_cast<char>(size >> (8 * i));
  if (!masked) return out + payload;
  const std::string mask = "\x37\xfa\x21\x3d";
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

std::string opening_request(std::string_view more_headers, std::string_view path) {
  std::string text = "GET ";
  text.append(path).append(
      " HTTP/1.1\r\nHost: broker.example:8083\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
  return text.append(kSampleKey).append("\r\n").append(more_headers).append("\r\n");
}

trellis::testing::LayerConnection& WebSocketTest::open(std::string_view config, std::string_view more_headers) {
  connection_ = host_.load<TransportWebSocket>(config).connect();
  EXPECT_TRUE(connection_->input(opening_request(more_headers)));
  response_ = connection_->down();
  EXPECT_TRUE(response_.starts_with("HTTP/1.1 101 ")) << response_;
  return *connection_;
}

bool WebSocketTest::send(const std::vector<ClientFrame>& frames) {
  std::string bytes;
  for (const ClientFrame& frame : frames) bytes += frame.bytes();
  return connection_->input(bytes);
}

bool WebSocketTest::send_in_single_bytes(const std::vector<ClientFrame>& frames) {
  for (const ClientFrame& frame : frames) {
    for (const char byte : frame.bytes()) {
      if (!connection_->input({&byte, 1})) return false;
    }
  }
  return true;
}

std::vector<ServerFrame> WebSocketTest::sent() {
  const std::string bytes = connection_->down();
  std::vector<ServerFrame> frames;
  std::string_view rest = bytes;
  while (rest.size() >= 2) {
    const std::size_t size = head_bytes(rest);
    const FrameHead head = read_head(rest.substr(0, size));
    EXPECT_TRUE(head.final);
    EXPECT_FALSE(head.masked) << "a server must not mask (RFC 6455, 5.1)";
    EXPECT_TRUE(head.shortest);
    frames.push_back(
        {static_cast<Opcode>(head.opcode), std::string(rest.substr(size, head.length)), head.reserved == 4});
    rest.remove_prefix(size + head.length);
  }
  EXPECT_TRUE(rest.empty());
  return frames;
}

void WebSocketTest::expect_failed(bool went_on, CloseCode code) {
  EXPECT_FALSE(went_on);
  const auto frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].opcode, Opcode::close);
  EXPECT_EQ(frames[0].payload.substr(0, 2), close_payload(static_cast<std::uint32_t>(code)));
  EXPECT_LE(frames[0].payload.size(), kMostControlBytes);
}

std::string close_payload(std::uint32_t code, std::string_view reason) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)}.append(reason);
}

}  // namespace transport_websocket

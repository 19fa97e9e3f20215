/// The client's end of a WebSocket in tests: opens it, makes frames, reads what comes back.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "frame.hpp"
#include "transport_websocket.hpp"

namespace transport_websocket {

constexpr std::string_view kSampleKey = "dGhlIHNhbXBsZSBub25jZQ==";  // of RFC 6455, 1.3

/// A frame as a client sends it; what is wrong with it is up to the test.
struct ClientFrame {
  Opcode opcode = Opcode::binary;
  std::string payload = {};
  bool final = true;
  int reserved = 0;
  bool masked = true;
  int length_bytes = 0;  // 0: the shortest form
  std::string bytes() const;
};

struct ServerFrame {
  Opcode opcode;
  std::string payload;
  bool compressed;
  bool operator==(const ServerFrame&) const = default;
};

/// Header lines end in CR LF.
std::string opening_request(std::string_view more_headers = "Sec-WebSocket-Protocol: mqtt\r\n",
                            std::string_view path = "/mqtt");

class WebSocketTest : public testing::Test {
 protected:
  /// A connection whose opening handshake is over.
  trellis::testing::LayerConnection& open(std::string_view config = "{}",
                                          std::string_view more_headers = "Sec-WebSocket-Protocol: mqtt\r\n");
  /// Sends frames in one piece; false when the layer gave up.
  bool send(const std::vector<ClientFrame>& frames);
  bool send_in_single_bytes(const std::vector<ClientFrame>& frames);
  /// What went to the client since the last call. All whole frames.
  std::vector<ServerFrame> sent();
  /// Expects that the layer gave up and said so with that code, and nothing else.
  void expect_failed(bool went_on, CloseCode code);

  trellis::testing::TestHost host_;
  std::optional<trellis::testing::LayerConnection> connection_;
  std::string response_;
};

std::string close_payload(std::uint32_t code, std::string_view reason = {});

}  // namespace transport_websocket

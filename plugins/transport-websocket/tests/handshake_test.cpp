// The opening handshake (RFC 6455, 4.2; MQTT 5, 6.0.0-3 and 6.0.0-4).
#include "handshake.hpp"

#include "peer.hpp"

namespace transport_websocket {
namespace {

class Opening : public WebSocketTest {
 protected:
  /// The status the request is answered with.
  int status(std::string_view request, std::string_view config = "{}") {
    connection_ = host_.load<TransportWebSocket>(config).connect();
    const bool accepted = connection_->input(request);
    response_ = connection_->down();
    EXPECT_TRUE(response_.starts_with("HTTP/1.1 ")) << response_;
    const int code = std::stoi(response_.substr(9, 3));
    EXPECT_EQ(accepted, code == 101);
    EXPECT_EQ(code != 101, response_.find("\r\n\r\n{\"error\":{\"code\":\"") != std::string::npos) << response_;
    return code;
  }
  static std::string without(std::string_view line) {
    std::string request = opening_request();
    const std::size_t at = request.find(line);
    EXPECT_NE(at, std::string::npos);
    return request.erase(at, request.find("\r\n", at) + 2 - at);
  }
  static std::string with(std::string_view line, std::string_view instead) {
    std::string request = opening_request();
    const std::size_t at = request.find(line);
    EXPECT_NE(at, std::string::npos);
    return request.replace(at, request.find("\r\n", at) - at, instead);
  }
};

TEST(AcceptValue, IsTheStandardsExample) { EXPECT_EQ(accept_value(kSampleKey), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); }

TEST_F(Opening, IsAnsweredWithProofAndSubprotocol) {
  EXPECT_EQ(status(opening_request()), 101);
  EXPECT_NE(response_.find("Upgrade: websocket\r\nConnection: Upgrade\r\n"), std::string::npos);
  EXPECT_NE(response_.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), std::string::npos);
  EXPECT_NE(response_.find("Sec-WebSocket-Protocol: mqtt\r\n"), std::string::npos);
  EXPECT_EQ(response_.find("Sec-WebSocket-Extensions"), std::string::npos);
  EXPECT_TRUE(response_.ends_with("\r\n\r\n"));
}

TEST_F(Opening, MayArriveByteByByteWithFramesBehindIt) {
  connection_ = host_.load<TransportWebSocket>("{}").connect();
  const std::string request = opening_request();
  for (const char byte : request.substr(0, request.size() - 1)) EXPECT_TRUE(connection_->input({&byte, 1}));
  EXPECT_EQ(connection_->down(), "");
  EXPECT_TRUE(connection_->input("\n" + ClientFrame{.payload = "early"}.bytes()));
  EXPECT_EQ(connection_->up(), "early");
}

TEST_F(Opening, ServerPrefersItsOwnOrderOfSubprotocols) {
  EXPECT_EQ(status(opening_request("Sec-WebSocket-Protocol: mqttv3.1, other\r\nSec-WebSocket-Protocol: mqtt\r\n")),
            101);
  EXPECT_NE(response_.find("Sec-WebSocket-Protocol: mqtt\r\n"), std::string::npos);
  EXPECT_EQ(status(opening_request("Sec-WebSocket-Protocol: mqttv3.1\r\n")), 101);
  EXPECT_NE(response_.find("Sec-WebSocket-Protocol: mqttv3.1\r\n"), std::string::npos);
}

TEST_F(Opening, SubprotocolHasToBeOfferedUnlessToldOtherwise) {
  EXPECT_EQ(status(opening_request("")), 400);
  EXPECT_EQ(status(opening_request("Sec-WebSocket-Protocol: chat, MQTT\r\n")), 400);
  EXPECT_EQ(status(opening_request(""), R"({"subprotocol_required": false})"), 101);
  EXPECT_EQ(response_.find("Sec-WebSocket-Protocol"), std::string::npos);
}

TEST_F(Opening, OnlyConfiguredPathsAreTaken) {
  EXPECT_EQ(status(opening_request("Sec-WebSocket-Protocol: mqtt\r\n", "/")), 404);
  EXPECT_EQ(status(opening_request("Sec-WebSocket-Protocol: mqtt\r\n", "/mqtt/x")), 404);
  EXPECT_EQ(status(opening_request("Sec-WebSocket-Protocol: mqtt\r\n", "/mqtt?token=1")), 101);
  EXPECT_EQ(status(opening_request("Sec-WebSocket-Protocol: mqtt\r\n", "/ws"), R"({"paths": ["/a", "/ws"]})"), 101);
}

TEST_F(Opening, WhatIsNoWebSocketIsTold) {
  EXPECT_EQ(status(without("Upgrade:")), 426);
  EXPECT_NE(response_.find("\r\nUpgrade: websocket\r\n"), std::string::npos);
  EXPECT_EQ(status(without("Connection:")), 426);
  EXPECT_EQ(status(with("Upgrade:", "Upgrade: h2c")), 426);
  EXPECT_EQ(status(with("GET", "GET /mqtt HTTP/1.0")), 400);
  EXPECT_EQ(status(with("GET", "POST /mqtt HTTP/1.1")), 405);
}

TEST_F(Opening, OtherVersionsLearnOurs) {  // 4.4
  EXPECT_EQ(status(with("Sec-WebSocket-Version:", "Sec-WebSocket-Version: 8")), 426);
  EXPECT_NE(response_.find("\r\nSec-WebSocket-Version: 13\r\n"), std::string::npos);
  EXPECT_EQ(status(without("Sec-WebSocket-Version:")), 426);
}

TEST_F(Opening, KeyHasToBeSixteenBytesOnce) {
  EXPECT_EQ(status(without("Sec-WebSocket-Key:")), 400);
  EXPECT_EQ(status(with("Sec-WebSocket-Key:", "Sec-WebSocket-Key: short==")), 400);
  EXPECT_EQ(status(with("Sec-WebSocket-Key:", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZ*==")), 400);
  EXPECT_EQ(status(opening_request("Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")),
            400);
}

TEST_F(Opening, ForeignPagesMayNotConnectUnlessListed) {
  const auto from = [](std::string_view origin) {
    return opening_request("Sec-WebSocket-Protocol: mqtt\r\nOrigin: " + std::string(origin) + "\r\n");
  };
  EXPECT_EQ(status(from("https://evil.example")), 403);
  EXPECT_EQ(status(from("null")), 403);
  EXPECT_EQ(status(from("https://broker.example:8083")), 403) << "any name can be made to lead here";
  const auto own = [](const std::string& host, const std::string& port) {
    std::string request = opening_request("Sec-WebSocket-Protocol: mqtt\r\nOrigin: http://" + host + port + "\r\n");
    return request.replace(request.find("broker.example"), 14, host);
  };
  EXPECT_EQ(status(own("localhost", ":8083")), 101) << "the page comes from here";
  EXPECT_EQ(status(own("127.0.0.1", ":8083")), 101);
  EXPECT_EQ(status(own("[::1]", ":8083")), 101);
  EXPECT_EQ(status(own("localhost", ":80")), 403) << "another port is another site";
  Settings settings;
  settings.paths = {"/mqtt"};
  settings.subprotocols = {"mqtt"};
  settings.head.head_bytes = settings.head.target_bytes = 16 * 1024;
  Handshake behind_tls(settings);
  const std::string request = from("https://broker.example:8083");
  std::string_view bytes = request;
  EXPECT_EQ(behind_tls.feed(bytes, true), Handshake::Outcome::accepted) << "the certificate proved the name";
  EXPECT_EQ(status(from("https://shop.example"), R"({"origins": ["https://shop.example"]})"), 101);
  EXPECT_EQ(status(from("https://shop.example:444"), R"({"origins": ["https://shop.example"]})"), 403);
  EXPECT_EQ(status(from("https://evil.example"), R"({"origins": ["*"]})"), 101);
}

TEST_F(Opening, BodiesAndLongHeadsAreRefused) {
  EXPECT_EQ(status(opening_request("Sec-WebSocket-Protocol: mqtt\r\nContent-Length: 1\r\n")), 413);
  EXPECT_EQ(status(opening_request("Sec-WebSocket-Protocol: mqtt\r\nTransfer-Encoding: chunked\r\n")), 400);
  EXPECT_EQ(status(opening_request("X: " + std::string(2000, 'x') + "\r\n"), R"({"head_bytes": "1KiB"})"), 431);
}

TEST_F(Opening, GarbageIsRefused) {
  EXPECT_EQ(status("\x10\x0c\r\n\r\n"), 400);
  EXPECT_EQ(status("GET /mqtt\r\n\r\n"), 400);
}

TEST_F(Opening, OutcomesAreCounted) {
  auto layer = host_.load<TransportWebSocket>("{}");
  auto good = layer.connect();
  EXPECT_TRUE(good.input(opening_request()));
  auto bad = layer.connect();
  EXPECT_FALSE(bad.input("nonsense\r\n\r\n"));
  EXPECT_FALSE(good.input(ClientFrame{.payload = "x", .masked = false}.bytes()));
  EXPECT_EQ(host_.metric("trellis_websocket_handshakes_total", "outcome=\"accepted\""), 1);
  EXPECT_EQ(host_.metric("trellis_websocket_handshakes_total", "outcome=\"refused\""), 1);
  EXPECT_EQ(host_.metric("trellis_websocket_violations_total"), 1);
}

TEST(Settings, AreCheckedBeforeAnythingStarts) {
  trellis::testing::TestHost host;
  EXPECT_NE(host.refusal<TransportWebSocket>(R"({"paths": ["mqtt"]})").find("/paths/0: a path begins with '/'"),
            std::string::npos);
  EXPECT_NE(host.refusal<TransportWebSocket>(R"({"subprotocols": ["a b"]})").find("/subprotocols/0"),
            std::string::npos);
  EXPECT_NE(host.refusal<TransportWebSocket>(R"({"subprotocols": []})").find("subprotocol_required"),
            std::string::npos);
}

}  // namespace
}  // namespace transport_websocket

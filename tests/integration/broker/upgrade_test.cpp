// WebSocket on a connection that spoke HTTP before.
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class Upgrade : public SiteTest {
 protected:
  void SetUp() override {
    start({.shards = 2,
           .plugins = R"("service-mirror": {"file": ")" + test_plugins() + R"(/service-mirror.so"})",
           .listeners = R"({"name": "door", "address": "127.0.0.1:0", "serves": [
                              {"protocol": "transport-mqtt"},
                              {"layers": ["transport-websocket"], "protocol": "transport-mqtt"},
                              {"protocol": "transport-http", "services": {"/": "service-mirror"}}]},
                           {"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http",
                            "services": {"/": "service-mirror"}},)"});
  }
  static constexpr std::string_view kUpgrade =
      "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: mqtt\r\n\r\n";
  // One binary frame as clients send it, masked with zeros.
  static std::string frame(const std::string& bytes) {
    return std::string("\x82") + static_cast<char>(0x80 | bytes.size()) + std::string(4, '\0') + bytes;
  }
  static std::string connect() { return frame(Connect{.client_id = "page"}.encode(Version::v311)); }
  static constexpr std::string_view kConnack{"\x82\x04\x20\x02\x00\x00", 6};
};

TEST_F(Upgrade, OnALaterRequestGoesOnAsWebSocket) {
  HttpClient client(broker().port("door"));
  EXPECT_EQ(client.get("/one").status, 200);
  EXPECT_EQ(client.get("/two").status, 200);
  client.send(kUpgrade);
  EXPECT_EQ(client.receive().status, 101);
  client.send(connect());
  EXPECT_EQ(client.read(kConnack.size()), kConnack);
}

TEST_F(Upgrade, WaitsForTheAnswersBeforeIt) {
  HttpClient client(broker().port("door"));
  client.send("GET /one HTTP/1.1\r\nHost: localhost\r\n\r\nGET /two HTTP/1.1\r\nHost: localhost\r\n\r\n" +
              std::string(kUpgrade) + connect());
  EXPECT_NE(client.receive().body.find("path /one"), std::string::npos);
  EXPECT_NE(client.receive().body.find("path /two"), std::string::npos);
  EXPECT_EQ(client.receive().status, 101);
  EXPECT_EQ(client.read(kConnack.size()), kConnack);
}

TEST_F(Upgrade, MayArriveInPieces) {
  HttpClient client(broker().port("door"));
  EXPECT_EQ(client.get("/one").status, 200);
  for (const char byte : kUpgrade) client.send({&byte, 1});
  EXPECT_EQ(client.receive().status, 101);
}

TEST_F(Upgrade, IsIgnoredWhereNoWebSocketIsServed) {
  HttpClient client(broker().port("web"));
  EXPECT_EQ(client.get("/one").status, 200);
  client.send(kUpgrade);
  const auto answer = client.receive();
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.body.find("path /mqtt"), std::string::npos) << answer.body;
  EXPECT_EQ(client.get("/two").status, 200);
}

}  // namespace
}  // namespace trellis::testing

// permessage-deflate (RFC 7692), with the cases of sections 12 and 13 of the Autobahn suite that concern a server
// without context takeover.
#include "extension.hpp"
#include "peer.hpp"

namespace transport_websocket {
namespace {

constexpr std::string_view kOn = R"({"compression": true, "message_bytes": "1MiB"})";
constexpr std::string_view kOffer = "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Extensions: permessage-deflate\r\n";
constexpr int kCompressed = 4;

std::string packed(std::string_view message) {
  Deflater deflater(15);
  return std::string(deflater.compress(message));
}

std::string unpacked(std::string_view bytes) {
  Inflater inflater;
  std::string out;
  const auto use = [&](std::string_view piece) {
    out += piece;
    return true;
  };
  EXPECT_TRUE(inflater.add(bytes, use));
  EXPECT_TRUE(inflater.finish(use));
  return out;
}

TEST(Offer, ParametersWeCanKeepAreAccepted) {
  EXPECT_EQ(accept_offer("permessage-deflate")->response(),
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  EXPECT_TRUE(accept_offer("permessage-deflate; client_max_window_bits"));
  EXPECT_TRUE(accept_offer("permessage-deflate; client_max_window_bits=10; client_no_context_takeover"));
  EXPECT_EQ(accept_offer("permessage-deflate; server_max_window_bits=\"10\"")->window_bits, 10);
  EXPECT_NE(accept_offer("permessage-deflate;server_max_window_bits=9")->response().find("server_max_window_bits=9"),
            std::string::npos);
}

TEST(Offer, OthersAreDeclined) {
  for (const std::string_view offer :
       {"x-webkit-deflate-frame", "permessage-deflate; server_max_window_bits", "permessage-deflate; nonsense",
        "permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=16",
        "permessage-deflate; server_max_window_bits=010", "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; server_no_context_takeover=1", "permessage-deflate; ;",
        "permessage-deflate; client_no_context_takeover; client_no_context_takeover"}) {
    EXPECT_FALSE(accept_offer(offer)) << offer;
  }
}

using Compression = WebSocketTest;

TEST_F(Compression, IsNotAgreedUnlessSwitchedOn) {
  open("{}", kOffer);
  EXPECT_EQ(response_.find("Sec-WebSocket-Extensions"), std::string::npos);
  expect_failed(send({{.payload = packed("x"), .reserved = kCompressed}}), CloseCode::protocol_error);
}

TEST_F(Compression, SecondOfferIsTakenWhenTheFirstCannotBe) {
  open(kOn,
       "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=8, "
       "permessage-deflate\r\n");
  EXPECT_NE(response_.find("Sec-WebSocket-Extensions: permessage-deflate; server_no"), std::string::npos);
}

TEST_F(Compression, GoesBothWays) {
  open(kOn, kOffer);
  const std::string text(20000, 'a');
  EXPECT_TRUE(send({{.payload = packed(text), .reserved = kCompressed}}));
  EXPECT_EQ(connection_->up(), text);
  EXPECT_TRUE(connection_->output(text));
  const auto frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_TRUE(frames[0].compressed);
  EXPECT_LT(frames[0].payload.size(), 200U);
  EXPECT_EQ(unpacked(frames[0].payload), text);
}

TEST_F(Compression, EveryMessageStandsAlone) {
  open(kOn, kOffer);
  for (int i = 0; i < 3; ++i) {
    const std::string text = std::string(500, 'x') + std::to_string(i);
    EXPECT_TRUE(send({{.payload = packed(text), .reserved = kCompressed}, {.payload = "plain"}}));
    EXPECT_EQ(connection_->up(), text + "plain");
    EXPECT_TRUE(connection_->output(text));
    EXPECT_EQ(unpacked(sent().at(0).payload), text);
  }
}

TEST_F(Compression, MessageMayBeCutIntoFragments) {
  open(kOn, kOffer);
  std::string text;
  for (int i = 0; i < 3000; ++i) text += std::to_string(i * i);
  const std::string bytes = packed(text);
  EXPECT_TRUE(send_in_single_bytes({{.payload = bytes.substr(0, 100), .final = false, .reserved = kCompressed},
                                    {.opcode = Opcode::continuation, .payload = bytes.substr(100, 7), .final = false},
                                    {.opcode = Opcode::continuation, .payload = bytes.substr(107)}}));
  EXPECT_EQ(connection_->up(), text);
}

TEST_F(Compression, BitBelongsToTheFirstFragmentOnly) {
  open(kOn, kOffer);
  expect_failed(send({{.payload = packed("abc"), .final = false, .reserved = kCompressed},
                      {.opcode = Opcode::continuation, .payload = "x", .reserved = kCompressed}}),
                CloseCode::protocol_error);
}

TEST_F(Compression, SmallAndIncompressibleOutputStaysPlain) {
  open(kOn, kOffer);
  EXPECT_TRUE(connection_->output("tiny"));
  EXPECT_EQ(sent().at(0), (ServerFrame{Opcode::binary, "tiny", false}));
}

TEST_F(Compression, BombIsStoppedAtTheLimit) {
  open(kOn, kOffer);
  expect_failed(send({{.payload = packed(std::string(8 << 20, '\0')), .reserved = kCompressed}}), CloseCode::too_large);
  EXPECT_LE(connection_->up().size(), 1U << 20);
}

TEST_F(Compression, DamagedDataClosesWith1007) {
  open(kOn, kOffer);
  expect_failed(send({{.payload = "\xff\xff\xff\xff", .reserved = kCompressed}}), CloseCode::bad_data);
}

TEST_F(Compression, TextIsCheckedAfterDecompression) {
  open(R"({"compression": true, "text": true})", kOffer);
  expect_failed(send({{.opcode = Opcode::text, .payload = packed("\xce\xba\xff"), .reserved = kCompressed}}),
                CloseCode::bad_data);
  open(R"({"compression": true, "text": true})", kOffer);
  EXPECT_TRUE(send({{.opcode = Opcode::text, .payload = packed("κόσμε"), .reserved = kCompressed}}));
  EXPECT_EQ(connection_->up(), "κόσμε");
}

TEST_F(Compression, FinalBlockEndsAMessage) {  // RFC 7692, 7.2.3.4
  open(kOn, kOffer);
  EXPECT_TRUE(send({{.payload = std::string("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8), .reserved = kCompressed}}));
  EXPECT_EQ(connection_->up(), "Hello");
}

TEST_F(Compression, EmptyMessage) {  // RFC 7692, 7.2.3.6
  open(kOn, kOffer);
  EXPECT_TRUE(send({{.payload = std::string("\0", 1), .reserved = kCompressed}, {.payload = "x"}}));
  EXPECT_EQ(connection_->up(), "x");
}

}  // namespace
}  // namespace transport_websocket

// Frames, masking, reserved bits, opcodes, pings (RFC 6455, 5.2 … 5.5), case by case as the Autobahn suite has them.
#include "peer.hpp"

namespace transport_websocket {
namespace {

class MessageOf : public WebSocketTest, public testing::WithParamInterface<std::size_t> {};

TEST_P(MessageOf, ThatManyBytesArrivesWhole) {
  open();
  std::string payload(GetParam(), '\0');
  for (std::size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<char>(i * 7 + i / 251);
  EXPECT_TRUE(send({{.payload = payload}}));
  EXPECT_EQ(connection_->up(), payload);
  EXPECT_TRUE(connection_->output(payload));
  const auto frames = sent();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0], (ServerFrame{Opcode::binary, payload, false}));
}
// 1.2.1 … 1.2.7: around every form of the length.
INSTANTIATE_TEST_SUITE_P(Sizes, MessageOf, testing::Values(1, 7, 8, 9, 125, 126, 127, 128, 65535, 65536, 200001));

using Framing = WebSocketTest;

TEST_F(Framing, EmptyMessageCarriesNothing) {  // 1.2.1 with nothing in it
  open();
  EXPECT_TRUE(send({{.payload = ""}, {.payload = "x"}}));
  EXPECT_EQ(connection_->up(), "x");
}

TEST_F(Framing, BytesMayArriveOneByOne) {  // 1.2.8
  open();
  const std::string payload(300, 'p');
  EXPECT_TRUE(send_in_single_bytes({{.payload = payload}, {.payload = "q"}}));
  EXPECT_EQ(connection_->up(), payload + "q");
}

TEST_F(Framing, PayloadIsHandedOnBeforeItsFrameIsWhole) {
  open();
  const std::string frame = ClientFrame{.payload = std::string(1000, 'a')}.bytes();
  EXPECT_TRUE(connection_->input(std::string_view(frame).substr(0, 500)));
  EXPECT_EQ(connection_->up(), std::string(500 - 8, 'a'));
}

TEST_F(Framing, UnmaskedFrameOfAClientIsRefused) {  // 5.1
  open();
  expect_failed(send({{.payload = "x", .masked = false}}), CloseCode::protocol_error);
  EXPECT_EQ(connection_->up(), "");
}

TEST_F(Framing, LengthHasToBeInItsShortestForm) {  // 5.2
  open();
  expect_failed(send({{.payload = std::string(125, 'x'), .length_bytes = 2}}), CloseCode::protocol_error);
  open();
  expect_failed(send({{.payload = std::string(65535, 'x'), .length_bytes = 8}}), CloseCode::protocol_error);
}

TEST_F(Framing, LengthOfSixtyFourBitsIsRefused) {  // 5.2: the most significant bit must be 0
  open();
  expect_failed(connection_->input(std::string_view("\x82\xff\x80\0\0\0\0\0\0\0abcd", 14)), CloseCode::protocol_error);
}

TEST_F(Framing, HugeLengthIsRefusedBeforeItsPayload) {
  open(R"({"message_bytes": "1KiB"})");
  const std::string frame = ClientFrame{.payload = std::string(1025, 'x')}.bytes();
  expect_failed(connection_->input(std::string_view(frame).substr(0, 8)), CloseCode::too_large);
}

class ReservedBits : public WebSocketTest, public testing::WithParamInterface<int> {};

TEST_P(ReservedBits, FailTheConnection) {
  open();
  expect_failed(send({{.payload = "x", .reserved = GetParam()}}), CloseCode::protocol_error);
  EXPECT_EQ(connection_->up(), "");
  open();
  expect_failed(send({{.opcode = Opcode::ping, .reserved = GetParam()}}), CloseCode::protocol_error);
  open();
  expect_failed(send({{.opcode = Opcode::close, .reserved = GetParam()}}), CloseCode::protocol_error);
}
INSTANTIATE_TEST_SUITE_P(All, ReservedBits, testing::Range(1, 8));  // 3.1 … 3.7

class UnknownOpcode : public WebSocketTest, public testing::WithParamInterface<int> {};

TEST_P(UnknownOpcode, FailsTheConnection) {
  open();
  expect_failed(send({{.opcode = static_cast<Opcode>(GetParam()), .payload = "x"}}), CloseCode::protocol_error);
}
INSTANTIATE_TEST_SUITE_P(All, UnknownOpcode, testing::Values(3, 4, 5, 6, 7, 11, 12, 13, 14, 15));  // 4.1, 4.2

// ---- pings

TEST_F(Framing, PingIsAnsweredWithItsPayload) {  // 2.1 … 2.4
  open();
  EXPECT_TRUE(send({{.opcode = Opcode::ping}, {.opcode = Opcode::ping, .payload = std::string(125, '\xfe')}}));
  const auto frames = sent();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0], (ServerFrame{Opcode::pong, "", false}));
  EXPECT_EQ(frames[1], (ServerFrame{Opcode::pong, std::string(125, '\xfe'), false}));
}

TEST_F(Framing, PingAboveItsLimitFailsTheConnection) {  // 2.5
  open();
  expect_failed(send({{.opcode = Opcode::ping, .payload = std::string(126, 'x')}}), CloseCode::protocol_error);
}

TEST_F(Framing, PingMayArriveInSingleBytes) {  // 2.6
  open();
  EXPECT_TRUE(send_in_single_bytes({{.opcode = Opcode::ping, .payload = "are you there"}}));
  EXPECT_EQ(sent().at(0).payload, "are you there");
}

TEST_F(Framing, PongNobodyAskedForIsIgnored) {  // 2.7 … 2.9
  open();
  EXPECT_TRUE(send({{.opcode = Opcode::pong}, {.opcode = Opcode::pong, .payload = "x"}, {.opcode = Opcode::ping}}));
  EXPECT_EQ(sent().size(), 1U);
}

TEST_F(Framing, EveryPingOfManyIsAnsweredInOrder) {  // 2.10, 2.11
  open();
  std::vector<ClientFrame> pings;
  for (int i = 0; i < 10; ++i) pings.push_back({.opcode = Opcode::ping, .payload = "ping " + std::to_string(i)});
  EXPECT_TRUE(send(pings));
  const auto frames = sent();
  ASSERT_EQ(frames.size(), 10U);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(frames[i].payload, "ping " + std::to_string(i));
}

// ---- text

TEST_F(Framing, TextIsRefusedUnlessTaken) {  // MQTT 5, 6.0.0-1
  open();
  expect_failed(send({{.opcode = Opcode::text, .payload = "x"}}), CloseCode::unsupported_data);
  open(R"({"text": true})");
  EXPECT_TRUE(send({{.opcode = Opcode::text, .payload = "grün"}}));
  EXPECT_EQ(connection_->up(), "grün");
}

}  // namespace
}  // namespace transport_websocket

// The closing handshake (RFC 6455, 5.5.1 and 7), case by case as section 7 of the Autobahn suite has them.
#include "peer.hpp"

namespace transport_websocket {
namespace {

using Close = WebSocketTest;

TEST_F(Close, IsAnsweredOnceAndEndsTheConnection) {  // 7.1.1 … 7.1.3
  open();
  EXPECT_FALSE(send({{.opcode = Opcode::close, .payload = close_payload(1000)},
                     {.opcode = Opcode::close, .payload = close_payload(1000)},
                     {.payload = "late"},
                     {.opcode = Opcode::ping}}));
  EXPECT_EQ(sent(), (std::vector<ServerFrame>{{Opcode::close, close_payload(1000), false}}));
  EXPECT_EQ(connection_->up(), "");
}

TEST_F(Close, WithinAMessageLosesNothingThatCameBefore) {  // 7.1.4, 7.1.5
  open();
  EXPECT_FALSE(send({{.payload = "half", .final = false}, {.opcode = Opcode::close, .payload = close_payload(1000)}}));
  EXPECT_EQ(connection_->up(), "half");
}

TEST_F(Close, WithoutACodeIsAnsweredWithoutACode) {  // 7.3.1
  open();
  EXPECT_FALSE(send({{.opcode = Opcode::close}}));
  EXPECT_EQ(sent(), (std::vector<ServerFrame>{{Opcode::close, "", false}}));
}

TEST_F(Close, WithHalfACodeIsAViolation) {  // 7.3.2
  open();
  expect_failed(send({{.opcode = Opcode::close, .payload = "\x03"}}), CloseCode::protocol_error);
}

TEST_F(Close, MayGiveAReason) {  // 7.3.3 … 7.3.5
  open();
  EXPECT_FALSE(send({{.opcode = Opcode::close, .payload = close_payload(1000, "Hello World!")}}));
  EXPECT_EQ(sent().at(0).payload, close_payload(1000));
  open();
  EXPECT_FALSE(send({{.opcode = Opcode::close, .payload = close_payload(1000, std::string(123, '*'))}}));
  EXPECT_EQ(sent().at(0).payload, close_payload(1000));
}

TEST_F(Close, IsAControlFrameOfLimitedLength) {  // 7.3.6
  open();
  expect_failed(send({{.opcode = Opcode::close, .payload = close_payload(1000, std::string(124, '*'))}}),
                CloseCode::protocol_error);
}

TEST_F(Close, ReasonHasToBeUtf8) {  // 7.5.1
  open();
  expect_failed(send({{.opcode = Opcode::close, .payload = close_payload(1000, "\xce\xba\xed\xa0\x80")}}),
                CloseCode::bad_data);
}

class CloseCodeOk : public WebSocketTest, public testing::WithParamInterface<std::uint32_t> {};

TEST_P(CloseCodeOk, IsEchoed) {
  open();
  EXPECT_FALSE(send({{.opcode = Opcode::close, .payload = close_payload(GetParam())}}));
  EXPECT_EQ(sent().at(0).payload, close_payload(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(All, CloseCodeOk,  // 7.7.1 … 7.7.13
                         testing::Values(1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999));

class CloseCodeBad : public WebSocketTest, public testing::WithParamInterface<std::uint32_t> {};

TEST_P(CloseCodeBad, IsAViolation) {
  open();
  expect_failed(send({{.opcode = Opcode::close, .payload = close_payload(GetParam())}}), CloseCode::protocol_error);
}
INSTANTIATE_TEST_SUITE_P(All, CloseCodeBad,  // 7.9.1 … 7.9.9, 7.13.1, 7.13.2
                         testing::Values(0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999, 5000, 65535));

TEST_F(Close, OursIsSentOnceAndNothingAfterIt) {
  auto& connection = open();
  EXPECT_TRUE(connection.output("last words"));
  connection.close();
  EXPECT_EQ(sent(), (std::vector<ServerFrame>{{Opcode::binary, "last words", false},
                                              {Opcode::close, close_payload(1000), false}}));
}

TEST_F(Close, BeforeTheHandshakeIsOverSendsNoFrame) {
  connection_ = host_.load<TransportWebSocket>("{}").connect();
  EXPECT_TRUE(connection_->input("GET /mqtt"));
  connection_->close();
  EXPECT_EQ(connection_->down(), "");
}

TEST_F(Close, AfterAViolationIsNotRepeated) {
  auto& connection = open();
  EXPECT_FALSE(send({{.payload = "x", .masked = false}}));
  connection.close();
  EXPECT_EQ(sent().size(), 1U);
}

}  // namespace
}  // namespace transport_websocket

// Messages in several frames (RFC 6455, 5.4), case by case as section 5 of the Autobahn suite has them.
#include "peer.hpp"

namespace transport_websocket {
namespace {

using Fragmentation = WebSocketTest;

ClientFrame begin(std::string payload) { return {.payload = std::move(payload), .final = false}; }
ClientFrame middle(std::string payload) {
  return {.opcode = Opcode::continuation, .payload = std::move(payload), .final = false};
}
ClientFrame end(std::string payload) { return {.opcode = Opcode::continuation, .payload = std::move(payload)}; }

TEST_F(Fragmentation, PingMayNotBeFragmented) {  // 5.1
  open();
  expect_failed(send({{.opcode = Opcode::ping, .payload = "a", .final = false}, end("b")}), CloseCode::protocol_error);
}

TEST_F(Fragmentation, PongMayNotBeFragmented) {  // 5.2
  open();
  expect_failed(send({{.opcode = Opcode::pong, .payload = "a", .final = false}, end("b")}), CloseCode::protocol_error);
}

TEST_F(Fragmentation, MessageInTwoFrames) {  // 5.3 … 5.5
  open();
  EXPECT_TRUE(send({begin("fragment1"), end("fragment2")}));
  EXPECT_EQ(connection_->up(), "fragment1fragment2");
  EXPECT_TRUE(send_in_single_bytes({begin("fragment1"), end("fragment2")}));
  EXPECT_EQ(connection_->up(), "fragment1fragment2");
}

TEST_F(Fragmentation, PingsBetweenFragmentsAreAnsweredAtOnce) {  // 5.6 … 5.8
  open();
  EXPECT_TRUE(send({begin("fragment1"), {.opcode = Opcode::ping, .payload = "now"}}));
  EXPECT_EQ(sent(), (std::vector<ServerFrame>{{Opcode::pong, "now", false}}));
  EXPECT_TRUE(send({end("fragment2")}));
  EXPECT_EQ(connection_->up(), "fragment1fragment2");
}

TEST_F(Fragmentation, ContinuationOfNothingFailsTheConnection) {  // 5.9 … 5.12
  open();
  expect_failed(send({end("x"), {.payload = "y"}}), CloseCode::protocol_error);
  open();
  expect_failed(send({middle("x"), {.payload = "y"}}), CloseCode::protocol_error);
}

TEST_F(Fragmentation, ContinuationAfterAWholeMessageFailsTheConnection) {  // 5.13, 5.14
  open();
  expect_failed(send({{.payload = "whole"}, middle("x")}), CloseCode::protocol_error);
  EXPECT_EQ(connection_->up(), "whole");
}

TEST_F(Fragmentation, ContinuationAfterTheLastFragmentFailsTheConnection) {  // 5.15
  open();
  expect_failed(send({begin("1"), end("2"), middle("3"), end("4")}), CloseCode::protocol_error);
}

TEST_F(Fragmentation, MessageWithinAnotherFailsTheConnection) {  // 5.16 … 5.18
  open();
  expect_failed(send({begin("1"), {.payload = "2"}}), CloseCode::protocol_error);
  open();
  expect_failed(send({begin("1"), begin("2"), end("3")}), CloseCode::protocol_error);
}

TEST_F(Fragmentation, ManyFragmentsWithPingsBetween) {  // 5.19, 5.20
  open();
  EXPECT_TRUE(send({begin("1"),
                    middle("2"),
                    {.opcode = Opcode::ping, .payload = "a"},
                    middle("3"),
                    middle("4"),
                    {.opcode = Opcode::ping, .payload = "b"},
                    end("5")}));
  EXPECT_EQ(connection_->up(), "12345");
  EXPECT_EQ(sent(), (std::vector<ServerFrame>{{Opcode::pong, "a", false}, {Opcode::pong, "b", false}}));
}

TEST_F(Fragmentation, EmptyFragmentsAreFragments) {
  open();
  EXPECT_TRUE(send({begin(""), middle(""), end("x"), begin(""), end("")}));
  EXPECT_EQ(connection_->up(), "x");
}

TEST_F(Fragmentation, LimitCountsAllFragments) {  // 9: the limit is the message's, not the frame's
  open(R"({"message_bytes": "1KiB"})");
  EXPECT_TRUE(send({begin(std::string(1000, 'x')), middle(std::string(24, 'x'))}));
  expect_failed(send({middle("y")}), CloseCode::too_large);
  EXPECT_EQ(connection_->up().size(), 1024U);
}

TEST_F(Fragmentation, LimitBeginsAnewWithEveryMessage) {
  open(R"({"message_bytes": "1KiB"})");
  EXPECT_TRUE(send({{.payload = std::string(1024, 'x')}, {.payload = std::string(1024, 'y')}}));
  EXPECT_EQ(connection_->up().size(), 2048U);
}

}  // namespace
}  // namespace transport_websocket

// What reason codes mean, and what is done about bytes that are no packets.
#include "fixture.hpp"

namespace mqtt_out {
namespace {

using namespace mqtt_out::testing;

struct Row {
  unsigned code;
  Settled outcome;
  Cause cause;
};

class PublishCodes : public MqttOutTest, public ::testing::WithParamInterface<Row> {};

TEST_P(PublishCodes, BecomeVerdicts) {
  for (const bool exactly_once : {false, true}) {
    const auto destination = open(exactly_once ? R"(, "qos": 2)" : "");
    const auto watch = destination.deliver({event()}).front();
    auto made = peer();
    made.send(ack(exactly_once ? 0x50 : 0x40, 1, std::string(1, static_cast<char>(GetParam().code))));
    if (exactly_once && GetParam().outcome == Settled::delivered) made.send(ack(0x70, 1));
    EXPECT_EQ(watch.outcome(), GetParam().outcome);
    EXPECT_EQ(watch.cause(), GetParam().cause);
    EXPECT_TRUE(made.open());
    if (GetParam().outcome == Settled::delivered) continue;
    EXPECT_EQ(watch.code(), GetParam().code);
    EXPECT_EQ(watch.retry_after(), GetParam().outcome == Settled::retry ? 10s : 0s);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Table, PublishCodes,
    ::testing::Values(Row{0x00, Settled::delivered, Cause::none}, Row{0x10, Settled::delivered, Cause::none},
                      Row{0x80, Settled::retry, Cause::other}, Row{0x83, Settled::retry, Cause::other},
                      Row{0x87, Settled::retry, Cause::forbidden}, Row{0x90, Settled::refused, Cause::bad_request},
                      Row{0x91, Settled::retry, Cause::aborted}, Row{0x97, Settled::retry, Cause::full},
                      Row{0x99, Settled::refused, Cause::bad_request}));

struct Refusal {
  std::string version;
  std::string connack;
  Cause cause;
  std::string said;
};

class Refusals : public MqttOutTest, public ::testing::WithParamInterface<Refusal> {};

TEST_P(Refusals, OfConnectionsAreNoFaultOfEvents) {
  const auto destination = open(R"(, "user": "u", "password": "sesame", "version": ")" + GetParam().version + "\"");
  const auto consent = destination.check();
  auto made = peer(packet(0x20, GetParam().connack));
  EXPECT_EQ(consent.outcome(), Settled::retry);
  EXPECT_EQ(consent.cause(), GetParam().cause);
  EXPECT_THAT(consent.reason(), HasSubstr("mqtt://127.0.0.1:1883: " + GetParam().said));
  EXPECT_THAT(consent.reason(), Not(HasSubstr("sesame")));
  EXPECT_FALSE(made.open());
}

INSTANTIATE_TEST_SUITE_P(
    Table, Refusals,
    ::testing::Values(Refusal{"5", "\0\x86\0"s, Cause::unauthorized, "bad user name or password (code 0x86)"},
                      Refusal{"5", "\0\x87\x05\x1F\0\2no"s, Cause::unauthorized, "not authorized (code 0x87): no"},
                      Refusal{"5", "\0\x85\0"s, Cause::bad_request, "client identifier not valid"},
                      Refusal{"5", "\0\x89\0"s, Cause::busy, "server busy"},
                      Refusal{"5", "\0\x8A\0"s, Cause::forbidden, "banned"},
                      Refusal{"5", "\0\x9D\0"s, Cause::not_found, "server moved"},
                      Refusal{"5", "\0\x01"s, Cause::disabled, "unsupported protocol version"},
                      Refusal{"5", "\0\0\2\x24\0"s, Cause::disabled, "takes QoS 0 at most, and qos is 1"},
                      Refusal{"5", "\0\x80\0"s, Cause::other, "refused (code 0x80)"},
                      Refusal{"3.1.1", "\0\4"s, Cause::unauthorized, "bad user name or password"},
                      Refusal{"3.1.1", "\0\5"s, Cause::unauthorized, "not authorized"},
                      Refusal{"3.1.1", "\0\3"s, Cause::busy, "server unavailable"},
                      Refusal{"3.1.1", "\0\2"s, Cause::bad_request, "client identifier not valid"}));

TEST_F(MqttOutTest, ADisconnectEndsWhatIsInFlight) {
  const auto destination = open();
  const auto watch = destination.deliver({event()}).front();
  auto made = peer();
  made.send("\xE0\1\x8B"s);
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::busy);
  EXPECT_THAT(watch.reason(), HasSubstr("server shutting down"));
  EXPECT_FALSE(made.open());
}

TEST_F(MqttOutTest, AnswersMayComeInPiecesAndInAnyOrder) {
  const auto destination = open();
  const auto watches = destination.deliver({event("a"), event("b")});
  auto made = peer();
  for (const char c : ack(0x40, 2, "\0\0"s) + ack(0x40, 1)) made.send(std::string(1, c));
  EXPECT_EQ(watches[0].outcome(), Settled::delivered);
  EXPECT_EQ(watches[1].outcome(), Settled::delivered);
}

class HostileBytes : public MqttOutTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(HostileBytes, EndTheConnection) {
  const auto destination = open();
  const auto watch = destination.deliver({event()}).front();
  auto made = peer();
  made.send(GetParam());
  EXPECT_FALSE(made.open());
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::aborted);
}

INSTANTIATE_TEST_SUITE_P(Bytes, HostileBytes,
                         ::testing::Values("\x40\xFF\xFF\xFF\xFF\xFF"s, "\x40\xFF\xFF\xFF\x7F"s, ack(0x40, 0),
                                           ack(0x40, 7), ack(0x50, 1), ack(0x70, 1), "\x40\1\1"s, ack(0x41, 1),
                                           ack(0x40, 1, "\x55"s), ack(0x40, 1, "\0\x05"s), kConnack, "\xD0\0"s,
                                           "\xD0\1x"s, "\x30\3\0\1a"s, "\x10\0"s, "\xE0\3\0\5\x1F"s, "HTTP/1.1"s));

class HostileGreetings : public MqttOutTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(HostileGreetings, EndTheConnection) {
  const auto destination = open();
  const auto consent = destination.check();
  auto made = peer(GetParam());
  EXPECT_FALSE(made.open());
  EXPECT_EQ(consent.cause(), Cause::aborted);
}

INSTANTIATE_TEST_SUITE_P(Bytes, HostileGreetings,
                         ::testing::Values(packet(0x20, "\0"s), packet(0x20, "\2\0\0"s), packet(0x20, "\0\0\5\x21"s),
                                           packet(0x20, "\0\0\2\x21\0"s), packet(0x20, "\0\0\3\x21\0\0"s),
                                           packet(0x20, "\0\0\5\x27\0\0\0\0"s), packet(0x20, "\0\0\2\x7E\0"s),
                                           packet(0x20, "\0\0\3\x1F\xFF\xFF"s), "\xD0\0"s, ack(0x40, 1)));

}  // namespace
}  // namespace mqtt_out

// What the server and its streams say, and what is done about bytes that are none of theirs.
#include "fixture.hpp"

namespace nats {
namespace {

using namespace nats::testing;

struct Row {
  std::string answer;  // a stream's
  Settled outcome;
  Cause cause;
  std::uint32_t code = 0;
};

class StreamAnswers : public NatsTest, public ::testing::WithParamInterface<Row> {};

TEST_P(StreamAnswers, BecomeVerdicts) {
  const auto destination = open();
  const auto watch = destination.deliver({event()}).front();
  auto made = server();
  made.send(ack(1, GetParam().answer));
  EXPECT_EQ(watch.outcome(), GetParam().outcome) << watch.reason();
  EXPECT_EQ(watch.cause(), GetParam().cause);
  EXPECT_EQ(watch.code(), GetParam().code);
  EXPECT_TRUE(made.open());
}

std::string error(int code, int detail) {
  return R"({"error":{"code":)" + std::to_string(code) + R"(,"err_code":)" + std::to_string(detail) +
         R"(,"description":"it is so"}})";
}

INSTANTIATE_TEST_SUITE_P(
    Table, StreamAnswers,
    ::testing::Values(Row{R"({"stream":"S","seq":7,"duplicate":true})", Settled::delivered, Cause::none},
                      Row{R"({"stream":"S","domain":"hub","seq":7})", Settled::delivered, Cause::none},
                      Row{error(503, 10077), Settled::retry, Cause::full, 10077},
                      Row{error(503, 10047), Settled::retry, Cause::full, 10047},
                      Row{error(503, 10008), Settled::retry, Cause::busy, 10008},
                      Row{error(400, 10054), Settled::refused, Cause::too_large, 10054},
                      Row{error(400, 10003), Settled::refused, Cause::bad_request, 10003},
                      Row{error(503, 10039), Settled::retry, Cause::disabled, 10039},
                      Row{error(404, 10059), Settled::retry, Cause::not_found, 10059},
                      Row{error(500, 10001), Settled::retry, Cause::other, 10001},
                      Row{R"({"stream":"S"})", Settled::retry, Cause::aborted},
                      Row{R"({"stream":"S","seq":0})", Settled::retry, Cause::aborted},
                      Row{"thanks", Settled::retry, Cause::aborted}, Row{"", Settled::retry, Cause::aborted}));

TEST_F(NatsTest, NobodyThereIsSaidByTheServer) {
  const auto destination = open();
  const auto watch = destination.deliver({event()}).front();
  auto made = server();
  made.send("HMSG " + inbox_ + "1 1 16 16\r\nNATS/1.0 503\r\n\r\n\r\n");
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::busy);
  EXPECT_EQ(watch.code(), 503u);
  EXPECT_THAT(watch.reason(), HasSubstr("no stream takes events of that subject"));
}

struct ErrorRow {
  std::string said;
  Cause cause;
};
class ServerErrors : public NatsTest, public ::testing::WithParamInterface<ErrorRow> {};

TEST_P(ServerErrors, EndTheConnection) {
  const auto destination = open(R"(, "user": "broker", "password": "sesame")");
  const auto watch = destination.deliver({event()}).front();
  auto made = host_.answer_dial();
  made.send("INFO {\"headers\":true}\r\n");
  made.send("-ERR '" + GetParam().said + "'\r\n");
  EXPECT_FALSE(made.open());
  host_.advance(31s);
  EXPECT_EQ(watch.outcome(), Settled::retry) << "it is not the event's fault";
  EXPECT_EQ(watch.cause(), GetParam().cause);
  EXPECT_THAT(watch.reason(), HasSubstr("nats://127.0.0.1:4222: " + GetParam().said));
}

INSTANTIATE_TEST_SUITE_P(Table, ServerErrors,
                         ::testing::Values(ErrorRow{"Authorization Violation", Cause::unauthorized},
                                           ErrorRow{"User Authentication Expired", Cause::unauthorized},
                                           ErrorRow{"maximum connections exceeded", Cause::busy},
                                           ErrorRow{"Stale Connection", Cause::timed_out},
                                           ErrorRow{"Secure Connection - TLS Required", Cause::forbidden},
                                           ErrorRow{"Permissions Violation for Subscription to \"_INBOX.x.*\"",
                                                    Cause::forbidden},
                                           ErrorRow{"Unknown Protocol Operation", Cause::other}));

TEST_F(NatsTest, ASubjectThatMayNotBePublishedToConcernsItsEventsAlone) {
  const auto destination = open({}, "{subject}");
  const auto watches = destination.deliver({event("a", R"(,"subject":"s.1")"), event("b", R"(,"subject":"s.2")")});
  auto made = server();
  made.send("-ERR 'Permissions Violation for Publish to \"s.1\"'\r\n");
  EXPECT_EQ(watches[0].outcome(), Settled::retry);
  EXPECT_EQ(watches[0].cause(), Cause::forbidden);
  EXPECT_EQ(watches[1].outcome(), Settled::waiting);
  made.send(ack(2));
  EXPECT_EQ(watches[1].outcome(), Settled::delivered);
}

TEST_F(NatsTest, TheServersQuestionsAreAnswered) {
  const auto destination = open();
  destination.check();
  auto made = server();
  made.send("PING\r\n");
  EXPECT_EQ(made.received(), "PONG\r\n");
  made.send("INFO {\"headers\":true,\"connect_urls\":[\"a:1\"]}\r\n+OK\r\n");
  EXPECT_EQ(made.received(), "");
  host_.advance(31s);
  EXPECT_EQ(made.received(), "PING\r\n");
}

TEST_F(NatsTest, AServerThatWantsTlsLaterIsTold) {
  const auto destination = open();
  const auto consent = destination.check();
  auto made = host_.answer_dial();
  made.send("INFO {\"headers\":true,\"tls_required\":true}\r\n");
  EXPECT_EQ(consent.outcome(), Settled::retry);
  EXPECT_EQ(consent.cause(), Cause::forbidden);
  EXPECT_THAT(consent.reason(), HasSubstr("it has to offer it from the first byte"));
}

TEST_F(NatsTest, AnswersMayComeInPiecesAndInAnyOrder) {
  const auto destination = open();
  const auto watches = destination.deliver({event("a"), event("b")});
  auto made = server();
  for (const char c : ack(2) + ack(2) + ack(1)) made.send(std::string(1, c));
  EXPECT_EQ(watches[0].outcome(), Settled::delivered);
  EXPECT_EQ(watches[1].outcome(), Settled::delivered);
  EXPECT_TRUE(made.open()) << "a second answer changes nothing";
}

class Hostile : public NatsTest, public ::testing::WithParamInterface<std::string> {};

TEST_P(Hostile, BytesEndTheConnection) {
  const auto destination = open();
  const auto watch = destination.deliver({event()}).front();
  auto made = server();
  made.send(GetParam());
  EXPECT_FALSE(made.open());
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::aborted);
}

INSTANTIATE_TEST_SUITE_P(Bytes, Hostile,
                         ::testing::Values("HTTP/1.1 400 Bad Request\r\n", "MSG\r\n",
                                           "MSG a 1 99999999999999999999\r\n", "MSG a 1 -5\r\nabcde\r\n",
                                           "MSG a 1 70000\r\n", "MSG a b c d e f 1\r\n", "HMSG a 1 9 5\r\nabcde\r\n",
                                           "MSG somebody.else 1 2\r\nhi\r\n", "MSG a 1 2\r\nhixx", "PONG\r\n",
                                           "INFO [\r\n", std::string(70'000, 'x'), "\r\n"));

}  // namespace
}  // namespace nats

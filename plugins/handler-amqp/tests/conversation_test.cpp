// What peers say, and what becomes of events then.
#include <proton/disposition.h>

#include "conditions.hpp"
#include "fixture.hpp"

namespace amqp {
namespace {

using namespace amqp::testing;

class Conversations : public HandlerTest {
 protected:
  Conversations() : HandlerTest(TestHostOptions{.log_level = trellis::Level::trace}) {}
  void expect(const DeliveryWatch& watch, Settled outcome, Cause cause) {
    EXPECT_EQ(watch.outcome(), outcome) << watch.reason();
    EXPECT_EQ(watch.cause(), cause) << watch.reason();
    if (outcome == Settled::delivered) return;
    EXPECT_THAT(watch.reason(), StartsWith("amqp://127.0.0.1:5672 'orders': "));
  }
};

TEST_F(Conversations, AnEventIsDeliveredWhenItIsAccepted) {
  const auto destination = open();
  EXPECT_TRUE(host_.dials().empty()) << "reading a destination connects to nobody";
  const auto watch = destination.deliver({event()}).front();
  ASSERT_EQ(host_.dials().size(), 1u);
  auto broker = peer();
  EXPECT_EQ(broker.address(), "orders");
  EXPECT_TRUE(broker.durable());
  EXPECT_EQ(broker.host_name(), "127.0.0.1");
  EXPECT_EQ(broker.login(), "ANONYMOUS trellis");
  ASSERT_EQ(broker.messages().size(), 1u);
  EXPECT_EQ(watch.outcome(), Settled::waiting) << "that it was sent is no delivery";
  broker.settle(PN_ACCEPTED);
  expect(watch, Settled::delivered, Cause::none);
  EXPECT_EQ(metric("deliveries_total", R"(outcome="delivered")"), 1);
}

TEST_F(Conversations, AQueueNeedNotOutliveItsBroker) {
  open(R"(, "durable": false)").deliver({event()});
  EXPECT_FALSE(peer().durable());
}

TEST_F(Conversations, OtherOutcomesAreNoDelivery) {
  const auto destination = open();
  const auto watches =
      destination.deliver({event("1"), event("2"), event("3"), event("4"), event("5"), event("6"), event("7")});
  auto broker = peer();
  broker.settle(PN_REJECTED);
  broker.settle(PN_RELEASED);
  broker.settle(PN_MODIFIED);
  broker.settle(0);
  broker.settle(PN_REJECTED, "amqp:link:message-size-exceeded");
  broker.settle(PN_REJECTED, "com.microsoft:server-busy");
  broker.settle(PN_REJECTED, "acme:odd");
  expect(watches[0], Settled::refused, Cause::bad_request);
  expect(watches[1], Settled::retry, Cause::busy);
  expect(watches[2], Settled::retry, Cause::other);
  expect(watches[3], Settled::retry, Cause::aborted);
  expect(watches[4], Settled::refused, Cause::too_large);
  expect(watches[5], Settled::retry, Cause::busy);
  expect(watches[6], Settled::refused, Cause::bad_request);
  EXPECT_THAT(watches[6].reason(), HasSubstr("acme:odd: it is so"));
}

TEST_F(Conversations, OutcomesMayComeInAnyOrder) {
  const auto watches = open().deliver({event("1"), event("2"), event("3")});
  auto broker = peer();
  broker.settle(2, PN_ACCEPTED);
  broker.settle(1, PN_REJECTED);
  EXPECT_EQ(watches[0].outcome(), Settled::waiting);
  EXPECT_EQ(watches[1].outcome(), Settled::refused);
  EXPECT_EQ(watches[2].outcome(), Settled::delivered);
  broker.settle(PN_ACCEPTED);
  EXPECT_EQ(watches[0].outcome(), Settled::delivered);
}

TEST_F(Conversations, NothingIsSentWithoutCredit) {
  const auto destination = open();
  const auto watches = destination.deliver({event("1"), event("2"), event("3"), event("4")});
  auto broker = peer({.credit = 2});
  EXPECT_EQ(broker.messages().size(), 2u);
  EXPECT_EQ(metric("in_flight"), 2);
  broker.settle(PN_ACCEPTED);
  broker.settle(PN_ACCEPTED);
  EXPECT_EQ(broker.messages().size(), 2u);
  EXPECT_EQ(metric("in_flight"), 0) << "outcomes give no credit";
  EXPECT_EQ(metric("waiting"), 2);
  broker.give_credit(1);
  EXPECT_EQ(broker.messages().size(), 3u);
  broker.give_credit(5);
  ASSERT_EQ(broker.messages().size(), 4u);
  EXPECT_EQ(broker.messages()[3].id, "4");
  EXPECT_EQ(watches[3].outcome(), Settled::waiting);
}

TEST_F(Conversations, WhatIsLongerThanThePeerTakesIsRefused) {
  const auto watches = open().deliver({event("1", R"(,"data":")" + std::string(2000, 'x') + "\""), event("2")});
  auto broker = peer({.max_message_size = 1000});
  expect(watches[0], Settled::refused, Cause::too_large);
  ASSERT_EQ(broker.messages().size(), 1u);
  EXPECT_EQ(broker.messages()[0].id, "2");
}

TEST_F(Conversations, ALongEventGoesInManyFrames) {
  const auto watch = open().deliver({event("1", R"(,"data":")" + std::string(700'000, 'x') + "\"")}).front();
  auto broker = peer();
  ASSERT_EQ(broker.messages().size(), 1u);
  EXPECT_GT(broker.messages()[0].body.size(), 700'000u);
  broker.settle(PN_ACCEPTED);
  EXPECT_EQ(watch.outcome(), Settled::delivered);
}

TEST_F(Conversations, ByNameAndPassword) {
  const auto watch = open(R"(, "virtualHost": "vhost:plant", "sasl": {"username": "ada", "password": "secret"})")
                         .deliver({event()})
                         .front();
  auto broker = peer();
  EXPECT_EQ(broker.login(), "PLAIN " + std::string("\0ada\0secret", 11));
  EXPECT_EQ(broker.host_name(), "vhost:plant");
  broker.settle(PN_ACCEPTED);
  EXPECT_EQ(watch.outcome(), Settled::delivered);
}

TEST_F(Conversations, WrongCredentialsAreSaid) {
  const auto watch = open(R"(, "sasl": {"username": "ada", "password": "SECRET-1"})").deliver({event()}).front();
  auto broker = peer();
  expect(watch, Settled::retry, Cause::unauthorized);
  EXPECT_THAT(watch.reason(), Not(HasSubstr("SECRET")));
  for (const auto& line : host_.logs()) {
    EXPECT_THAT(line.text, Not(HasSubstr("SECRET")));
    for (const auto& [name, value] : line.fields) EXPECT_THAT(value, Not(HasSubstr("SECRET")));
  }
}

TEST_F(Conversations, AMechanismThePeerDoesNotHaveIsNotReplaced) {
  const auto watch = open(R"(, "sasl": {"username": "ada", "password": "secret"})").deliver({event()}).front();
  auto broker = peer({.mechanisms = "ANONYMOUS EXTERNAL"});
  expect(watch, Settled::retry, Cause::unauthorized);
  EXPECT_EQ(broker.login(), "") << "the password was not sent, and nothing else instead";
}

TEST_F(Conversations, ByTheCertificateThatTheLayerShows) {
  const auto destination = load().open(R"({"properties": {"host": "b1.example.org", "tls": true, "layer": "ours",
    "address": "orders", "sasl": {"mechanism": "EXTERNAL"}}})");
  const auto watch = destination.deliver({event()}).front();
  ASSERT_EQ(host_.dials().size(), 1u);
  EXPECT_TRUE(host_.dials()[0].secure);
  EXPECT_EQ(host_.dials()[0].layer, "ours");
  auto broker = peer();
  EXPECT_EQ(broker.login(), "EXTERNAL ");
  broker.settle(PN_ACCEPTED);
  EXPECT_EQ(watch.outcome(), Settled::delivered) << watch.reason();
}

TEST_F(Conversations, AQueueThatIsNotThereIsNotFound) {
  const auto watch = open().deliver({event()}).front();
  auto broker = peer({.attaches = false});
  expect(watch, Settled::retry, Cause::not_found);
  EXPECT_TRUE(broker.messages().empty());
}

TEST_F(Conversations, ALinkThatEndsTakesWhatWasSentWithIt) {
  const auto watch = open().deliver({event()}).front();
  auto broker = peer();
  broker.end_link("com.microsoft:entity-disabled");
  expect(watch, Settled::retry, Cause::disabled);
}

TEST_F(Conversations, AConnectionThatIsForcedToEndComesAgain) {
  const auto destination = open();
  const auto first = destination.deliver({event("1")}).front();
  auto broker = peer();
  broker.end_connection("amqp:connection:forced");
  expect(first, Settled::retry, Cause::socket);
  const auto second = destination.deliver({event("2")}).front();
  host_.advance(200ms);
  auto again = peer();
  ASSERT_EQ(again.messages().size(), 1u);
  again.settle(PN_ACCEPTED);
  EXPECT_EQ(second.outcome(), Settled::delivered);
}

TEST_F(Conversations, TheIdIsTheSameWhenAnEventComesAgain) {
  const auto destination = open();
  destination.deliver({event("a-1")});
  {
    auto broker = peer();
    EXPECT_EQ(broker.messages().at(0).id, "a-1");
    broker.connection().disconnect();
  }
  destination.deliver({event("a-1")}, 0, 1);
  host_.advance(200ms);
  EXPECT_EQ(peer().messages().at(0).id, "a-1");
}

TEST_F(Conversations, APeerThatFallsSilentIsGivenUp) {
  const auto destination = open({}, R"({"keep_alive": "10s", "timeout": "1m"})");
  const auto watch = destination.deliver({event()}).front();
  auto broker = peer();
  for (int i = 0; i < 40 && watch.outcome() == Settled::waiting; ++i) host_.advance(1s);
  expect(watch, Settled::retry, Cause::timed_out);
  EXPECT_FALSE(broker.connection().open());
}

TEST_F(Conversations, APeerThatWantsHeartbeatsGetsThem) {
  const auto destination = open();
  destination.deliver({event()});
  auto broker = peer({.idle_timeout_ms = 4000});
  broker.settle(PN_ACCEPTED);
  broker.connection().received();
  host_.advance(3s);
  EXPECT_THAT(broker.connection().received(), StartsWith(std::string("\0\0\0\10\2\0\0\0", 8))) << "an empty frame";
}

TEST_F(Conversations, WhatIsNoAmqpEndsTheConnection) {
  for (const std::string& bytes :
       {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string("\xff\xff\xff\xff\2\1\0\0", 8),
        std::string("AMQP\3\1\0\0\x7f\xff\xff\xff\2\1\0\0", 16), std::string("AMQP\3\1\0\0\0\0\0\1\2\1\0\0", 16),
        std::string("AMQP\3\1\0\0\0\0\0\x10\2\1\0\0\0\x53\x40\xf0\xff\xff\xff\xff", 24)}) {
    TestHost host;
    const auto destination = host.load<AmqpHandler>("{}").open(block());
    const auto watch = destination.deliver({event()}).front();
    auto connection = host.answer_dial();
    connection.send(bytes);
    host.advance(31s);  // at the latest the greeting is overdue
    EXPECT_EQ(watch.outcome(), Settled::retry) << bytes;
    EXPECT_FALSE(connection.open());
  }
}

TEST_F(Conversations, AtTheEndThePeerIsToldAndNobodyIsLeftWaiting) {
  const auto plugin = load();
  std::optional<OpenDestination> destination(plugin.open(block()));
  const auto watch = destination->deliver({event()}).front();
  auto broker = peer();
  destination.reset();
  host_.turn();
  broker.pump();
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::canceled);
  EXPECT_TRUE(broker.closed_in_order());
}

TEST(Conditions, ThatEndLinksAreAlwaysTriedAgain) {
  const auto cause = [](std::string_view name) { return judge_end("who", name, "").cause; };
  EXPECT_EQ(cause("amqp:unauthorized-access"), Cause::unauthorized);
  EXPECT_EQ(cause("amqp:not-found"), Cause::not_found);
  EXPECT_EQ(cause("amqp:not-allowed"), Cause::forbidden);
  EXPECT_EQ(cause("amqp:resource-limit-exceeded"), Cause::full);
  EXPECT_EQ(cause("com.microsoft:timeout"), Cause::timed_out);
  EXPECT_EQ(cause("acme:odd"), Cause::other);
  EXPECT_EQ(judge_end("who", "amqp:link:message-size-exceeded", "").outcome, common::Outcome::retry);
  EXPECT_EQ(judge_end("who", "a\nb", "c\x1b").reason, "who: a?b: c?");
}

}  // namespace
}  // namespace amqp

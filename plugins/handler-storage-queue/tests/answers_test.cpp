// What answers, and none, mean for the event.
#include <optional>

#include "fixture.hpp"

namespace storage_queue {
namespace {

using namespace storage_queue::testing;

class Answers : public HandlerTest {
 protected:
  void expect(const DeliveryWatch& watch, Settled outcome, Cause cause, std::chrono::milliseconds after = 0ms) {
    EXPECT_EQ(watch.outcome(), outcome) << watch.reason();
    EXPECT_EQ(watch.cause(), cause) << watch.reason();
    EXPECT_EQ(watch.retry_after(), after) << watch.reason();
    if (outcome != Settled::delivered) {
      EXPECT_THAT(watch.reason(), StartsWith("queue orders at https://shop.queue.core.windows.net: "));
    }
  }
};

TEST_F(Answers, ComeToVerdicts) {
  const auto destination = open();
  expect(answered(destination, http(201)), Settled::delivered, Cause::none);
  expect(answered(destination, error(400, "InvalidQueryParameterValue")), Settled::refused, Cause::bad_request);
  expect(answered(destination, error(403, "AuthenticationFailed")), Settled::retry, Cause::unauthorized, 5min);
  expect(answered(destination, error(404, "QueueNotFound")), Settled::retry, Cause::not_found, 5min);
  expect(answered(destination, error(503, "ServerBusy")), Settled::retry, Cause::busy, 30s);
  EXPECT_EQ(deliveries("delivered"), 1);
  EXPECT_EQ(deliveries("refused"), 1);
  EXPECT_EQ(deliveries("retry"), 3);
  EXPECT_EQ(host_.metric("trellis_handler_storage_queue_messages_total", R"(result="busy")"), 1);
}

TEST_F(Answers, ThatDoNotComeAreTriedAgain) {
  const auto destination = open(R"(, "timeout": "5s")");
  const auto failed = destination.deliver({event()}).front();
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody is there");
  expect(failed, Settled::retry, Cause::socket);
  const auto silent = destination.deliver({event()}).front();
  const auto peer = server();
  host_.advance(4999ms);
  EXPECT_EQ(silent.outcome(), Settled::waiting);
  host_.advance(1ms);
  expect(silent, Settled::retry, Cause::timed_out);
  EXPECT_FALSE(peer.open());
}

TEST_F(Answers, ThatNobodyWasAskedForAreNoAttempts) {
  const auto destination = open();
  const auto full = destination.deliver({event()}).front();
  host_.fail_dial(TRELLIS_DIAL_LIMIT, "as many are open as may be");
  expect(full, Settled::later, Cause::busy, 1s);
  const auto impossible = destination.deliver({event()}).front();
  host_.fail_dial(TRELLIS_DIAL_SETTINGS, "there is no such layer");
  expect(impossible, Settled::later, Cause::other, 10s);
}

TEST_F(Answers, ThatAreNoneAreTriedAgain) {
  const auto destination = open();
  expect(answered(destination, "SMTP ready\r\n\r\n"), Settled::retry, Cause::aborted);
  expect(answered(destination, "HTTP/1.1 201 Created\r\nContent-Length: 500\r\n"), Settled::retry, Cause::socket);
}

TEST_F(Answers, CountByTheirStatusWhateverBecomesOfTheBody) {
  const auto destination = open();
  for (const std::string rest : {"Content-Length: 500\r\n\r\nhalf", "Content-Length: 99999999\r\n\r\n",
                                 "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nno"}) {
    expect(answered(destination, "HTTP/1.1 201 Created\r\n" + rest), Settled::delivered, Cause::none);
    expect(answered(destination, "HTTP/1.1 404 No\r\nx-ms-error-code: QueueNotFound\r\n" + rest), Settled::retry,
           Cause::not_found, 5min);
  }
}

TEST_F(Answers, AreWaitedForByNobodyWhenThePluginStops) {
  const auto plugin = load();
  const auto destination = plugin.open(block());
  const auto watches = destination.deliver({event("a"), event("b")});
  server();
  plugin.instance().stop();
  host_.turn();
  for (const auto& watch : watches) {
    EXPECT_EQ(watch.outcome(), Settled::later);
    EXPECT_EQ(watch.cause(), Cause::canceled);
    EXPECT_EQ(watch.retry_after(), 1s);
  }
}

TEST_F(Answers, OfAReleasedDestinationCountAndTheRestGoesBack) {
  std::optional<OpenDestination> destination(open());
  const auto watches = destination->deliver({event("a"), event("b")});
  auto peer = server();
  destination.reset();
  peer.send(http(201));
  EXPECT_EQ(watches[0].outcome(), Settled::delivered);
  EXPECT_EQ(watches[1].outcome(), Settled::later);
  EXPECT_EQ(watches[1].cause(), Cause::canceled);
}

TEST_F(Answers, NeverShowKeysOrSignatures) {
  const auto plugin = load("{}");
  const auto with_sas = plugin.open(
      R"({"properties": {"queueUrl": "https://shop.queue.core.windows.net/orders", "sasToken": "sv=1&sig=SECRET"}})");
  const auto refused = answered(with_sas, error(403, "AuthenticationFailed"));
  EXPECT_THAT(refused.reason(), Not(HasSubstr("SECRET")));
  const auto failed = with_sas.deliver({event()}).front();
  host_.fail_dial(TRELLIS_DIAL_NAME, "it is so");
  EXPECT_EQ(failed.cause(), Cause::resolution);
  EXPECT_THAT(failed.reason(), Not(HasSubstr("SECRET")));
  for (const auto& line : host_.logs()) EXPECT_THAT(line.text, Not(HasSubstr("SECRET")));
}

}  // namespace
}  // namespace storage_queue

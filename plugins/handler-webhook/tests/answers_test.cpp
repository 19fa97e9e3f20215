// What answers, and none, mean for the event.
#include "common/http/date.hpp"
#include "fixture.hpp"

namespace hooks {
namespace {

using namespace hooks::testing;

class Answers : public HandlerTest {
 protected:
  struct Row {
    std::uint32_t status;
    Settled outcome;
    Cause cause;
    std::chrono::milliseconds after = 0ms;
  };

  void check(const std::vector<Row>& rows) {
    const auto destination = open();
    for (const Row& row : rows) {
      const auto watch = answered(destination, http(row.status));
      EXPECT_EQ(watch.outcome(), row.outcome) << row.status;
      EXPECT_EQ(watch.cause(), row.cause) << row.status;
      EXPECT_EQ(watch.retry_after(), row.after) << row.status;
      if (row.outcome == Settled::delivered) continue;
      EXPECT_EQ(watch.code(), row.status);
      EXPECT_THAT(watch.reason(), StartsWith("POST https://hooks.example.org: status " + std::to_string(row.status)));
    }
    EXPECT_TRUE(host_.dials().empty()) << "redirects are not followed";
    EXPECT_EQ(host_.metric("trellis_webhook_posts"), 0);
  }

  const std::vector<Row> rows_{
      {200, Settled::delivered, Cause::none},        {201, Settled::delivered, Cause::none},
      {202, Settled::delivered, Cause::none},        {203, Settled::delivered, Cause::none},
      {204, Settled::delivered, Cause::none},        {205, Settled::retry, Cause::other, 10s},
      {206, Settled::retry, Cause::other, 10s},      {299, Settled::retry, Cause::other, 10s},
      {301, Settled::retry, Cause::other, 10s},      {302, Settled::retry, Cause::other, 10s},
      {307, Settled::retry, Cause::other, 10s},      {400, Settled::refused, Cause::bad_request},
      {401, Settled::refused, Cause::unauthorized},  {403, Settled::refused, Cause::forbidden},
      {404, Settled::retry, Cause::not_found, 10s},  {405, Settled::retry, Cause::other, 10s},
      {408, Settled::retry, Cause::timed_out, 2min}, {409, Settled::retry, Cause::other, 10s},
      {410, Settled::refused, Cause::disabled},      {413, Settled::refused, Cause::too_large},
      {414, Settled::refused, Cause::other},         {415, Settled::retry, Cause::other, 10s},
      {429, Settled::retry, Cause::busy, 10s},       {500, Settled::retry, Cause::other, 10s},
      {502, Settled::retry, Cause::other, 10s},      {503, Settled::retry, Cause::busy, 30s},
      {504, Settled::retry, Cause::timed_out, 10s},  {507, Settled::retry, Cause::full, 10s},
      {599, Settled::retry, Cause::other, 10s}};
};

TEST_F(Answers, StatusesAreJudgedByTheTable) {
  check(rows_);
  EXPECT_EQ(deliveries("delivered"), 5);
  EXPECT_EQ(deliveries("refused"), 6);
  EXPECT_EQ(posts("delivered"), 5);
  EXPECT_EQ(posts("busy"), 2);
}

TEST_F(Answers, RetryAfterIsObeyedInBothForms) {
  const auto destination = open({}, R"({"retry_after_max": "10m"})");
  const auto after = [&](std::uint32_t status, const std::string& value) {
    return answered(destination, http(status, {}, "Retry-After: " + value + "\r\n")).retry_after();
  };
  EXPECT_EQ(after(429, "60"), 60s);
  EXPECT_EQ(after(503, "5"), 30s) << "less than the least";
  EXPECT_EQ(after(503, "120"), 2min);
  EXPECT_EQ(after(500, " 45 "), 45s);
  EXPECT_EQ(after(429, "86400"), 10min) << "bounded";
  EXPECT_EQ(after(429, "99999999999999999999999"), 10min);
  EXPECT_EQ(after(429, "soon"), 10s);
  EXPECT_EQ(after(429, "60 minutes"), 10s);
  EXPECT_EQ(after(429, "-5"), 10s);
  const auto at = std::chrono::ceil<std::chrono::seconds>(host_.wall()) + 90s;
  EXPECT_EQ(after(429, trellis::http::format_date(std::chrono::milliseconds(at).count())),
            std::chrono::milliseconds(at) - host_.wall());
  EXPECT_EQ(after(429, "Sun, 06 Nov 1994 08:49:37 GMT"), 10s) << "over already";
}

TEST_F(Answers, WhoIsBusyAndSaysForHowLongIsLeftAlone) {
  const auto destination = open();
  EXPECT_EQ(answered(destination, http(429)).cause(), Cause::busy);
  EXPECT_EQ(answered(destination, http(429, {}, "Retry-After: 60\r\n")).cause(), Cause::throttled);
  EXPECT_EQ(answered(destination, http(503, {}, "Retry-After: 60\r\n")).cause(), Cause::throttled);
  EXPECT_EQ(answered(destination, http(500, {}, "Retry-After: 60\r\n")).cause(), Cause::other);
  EXPECT_EQ(posts("busy"), 1);
  EXPECT_EQ(posts("throttled"), 2);
  EXPECT_EQ(host_.metric("trellis_webhook_failures_total", R"(cause="throttled")"), 2);
}

TEST_F(Answers, RetryAfterOfARefusalChangesNothing) {
  const auto watch = answered(open(), http(400, {}, "Retry-After: 60\r\n"));
  EXPECT_EQ(watch.outcome(), Settled::refused);
  EXPECT_EQ(watch.retry_after(), 0ms);
}

class NoAnswers : public HandlerTest {
 protected:
  /// What a dial that fails comes to.
  DeliveryWatch failed(const OpenDestination& destination, std::uint32_t reason) {
    const auto watch = destination.deliver({event()}).front();
    host_.fail_dial(reason, "it is so");
    return watch;
  }
  void expect(const DeliveryWatch& watch, Settled outcome, Cause cause) {
    EXPECT_EQ(watch.outcome(), outcome) << watch.reason();
    EXPECT_EQ(watch.cause(), cause) << watch.reason();
    EXPECT_EQ(watch.retry_after(), outcome == Settled::retry ? 10s : 0s) << watch.reason();
    EXPECT_EQ(watch.code(), 0u);
    EXPECT_THAT(watch.reason(), StartsWith("POST https://hooks.example.org: "));
  }
};

TEST_F(NoAnswers, AreTriedAgain) {
  const auto destination = open();
  const std::vector<std::pair<std::uint32_t, Cause>> failures{{TRELLIS_DIAL_CONNECT, Cause::socket},
                                                              {TRELLIS_DIAL_LAYER, Cause::socket},
                                                              {TRELLIS_DIAL_NAME, Cause::resolution},
                                                              {TRELLIS_DIAL_FORBIDDEN, Cause::forbidden},
                                                              {TRELLIS_DIAL_TIMEOUT, Cause::timed_out}};
  for (const auto& [reason, cause] : failures) {
    expect(failed(destination, reason), Settled::retry, cause);
  }
  // Nothing was sent, and the endpoint is not to blame.
  const auto full = failed(destination, TRELLIS_DIAL_LIMIT);
  EXPECT_EQ(full.outcome(), Settled::later);
  EXPECT_EQ(full.cause(), Cause::busy);
  EXPECT_EQ(full.retry_after(), 1s);
  const auto impossible = failed(destination, TRELLIS_DIAL_SETTINGS);
  EXPECT_EQ(impossible.outcome(), Settled::later);
  EXPECT_EQ(impossible.retry_after(), 10s);
  EXPECT_EQ(deliveries("later"), 2);
}

TEST_F(NoAnswers, TooManyWaitingAreNoAttempts) {
  const auto destination = open({}, R"({"connections": 1, "waiting": 4})");
  destination.deliver({event("a")});
  const auto waits = destination.deliver({event("b")}).front();
  const auto later = destination.deliver({event("c")}).front();
  host_.turn();
  EXPECT_EQ(waits.outcome(), Settled::waiting);
  EXPECT_EQ(later.outcome(), Settled::later) << "one endpoint has a quarter of the room";
  EXPECT_EQ(later.retry_after(), 1s);
}

TEST_F(NoAnswers, AConnectionHasLessTimeThanTheAnswer) {
  const auto destination = open();
  destination.deliver({event()});
  EXPECT_EQ(host_.dials().at(0).timeout, 5s);
  host_.fail_dial(TRELLIS_DIAL_TIMEOUT, "it is so");
  TestHost other;
  const auto hurried = other.load<WebhookHandler>(R"({"connect_timeout": "1s"})").open(block());
  hurried.deliver({event()});
  EXPECT_EQ(other.dials().at(0).timeout, 1s);
  other.fail_dial(TRELLIS_DIAL_TIMEOUT, "it is so");
}

TEST_F(NoAnswers, TurnsThatAreTooFarAwayAreNoAttempts) {
  const auto plugin = load();
  const auto free = plugin.open(block());
  const auto slow = plugin.open(block(R"(, "maxRequestsPerMinute": 1)"));
  const auto watches = free.deliver({event("a"), event("b")});
  EXPECT_EQ(host_.dials().size(), 2u) << "what another destination is judged with changes nothing";
  const auto later = slow.deliver({event("c")});
  const auto next = slow.deliver({event("d")}).front();
  EXPECT_EQ(next.outcome(), Settled::later);
  EXPECT_EQ(next.cause(), Cause::busy);
  EXPECT_EQ(next.retry_after(), 60s);
}

TEST_F(NoAnswers, SilenceTimesOut) {
  const auto plugin = load();
  const auto usual = plugin.open(block()).deliver({event()}).front();
  server();
  const auto hurried = plugin.open(block(R"(, "timeout": "5s")")).deliver({event()}).front();
  const auto peer = server();
  host_.advance(4999ms);
  EXPECT_EQ(hurried.outcome(), Settled::waiting);
  host_.advance(1ms);
  expect(hurried, Settled::retry, Cause::timed_out);
  EXPECT_FALSE(peer.open());
  host_.advance(24'999ms);
  EXPECT_EQ(usual.outcome(), Settled::waiting) << "30 s unless it is said otherwise";
  host_.advance(1ms);
  expect(usual, Settled::retry, Cause::timed_out);
  EXPECT_EQ(host_.metric("trellis_webhook_post_milliseconds_total"), 35'000);
}

TEST_F(NoAnswers, AnEndpointThatResetsIsABrokenConnection) {
  const auto destination = open();
  expect(answered(destination, ""), Settled::retry, Cause::socket);
  expect(answered(destination, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n"), Settled::retry, Cause::socket);
  expect(answered(destination, "HTTP/1.1 100 Continue\r\n\r\n"), Settled::retry, Cause::socket);
}

// Who said 200 has the event, and would get it again and again.
TEST_F(NoAnswers, OnceTheHeadIsWholeTheStatusCountsWhateverBecomesOfTheBody) {
  const auto destination = open();
  const std::string cut = " Said\r\nContent-Length: 500\r\n\r\nhalf";
  const std::string half_a_chunk = " Said\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab";
  const std::string no_gzip = " Said\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nno";
  for (const std::string& rest : {cut, half_a_chunk, no_gzip}) {
    EXPECT_EQ(answered(destination, "HTTP/1.1 200" + rest).outcome(), Settled::delivered) << rest;
    const auto ill = answered(destination, "HTTP/1.1 503" + rest);
    EXPECT_EQ(ill.outcome(), Settled::retry) << rest;
    EXPECT_EQ(ill.code(), 503u) << rest;
    EXPECT_EQ(answered(destination, "HTTP/1.1 400" + rest).cause(), Cause::bad_request) << rest;
  }
}

TEST_F(NoAnswers, WhatIsNoHttpIsNoAnswer) {
  const auto destination = open();
  expect(answered(destination, "ICY 200 OK\r\n\r\n"), Settled::retry, Cause::aborted);
  expect(answered(destination, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"), Settled::retry,
         Cause::aborted);
}

TEST_F(NoAnswers, AnAnswerWithoutEndIsCutOffOnceItsStatusIsKnown) {
  const auto destination = open({}, R"({"answer_bytes": "1KiB"})");
  EXPECT_EQ(answered(destination, "HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n").outcome(), Settled::delivered);
  const auto ill = answered(destination, "HTTP/1.1 503 No\r\nRetry-After: 60\r\nContent-Length: 5000000\r\n\r\n");
  EXPECT_EQ(ill.outcome(), Settled::retry);
  EXPECT_EQ(ill.code(), 503u);
  EXPECT_EQ(ill.retry_after(), 60s);
  const auto watch = destination.deliver({event()}).front();
  auto peer = server();
  peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 100 && peer.open(); ++i) peer.send("40\r\n" + std::string(64, 'x') + "\r\n");
  EXPECT_FALSE(peer.open());
  EXPECT_EQ(watch.outcome(), Settled::delivered);
}

TEST_F(NoAnswers, ADripThatNeverEndsIsCutOffInTime) {
  const auto destination = open();
  const auto watch = destination.deliver({event()}).front();
  auto peer = server();
  peer.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 31; ++i) {
    if (peer.open()) peer.send("1\r\nx\r\n");
    host_.advance(1s);
  }
  EXPECT_FALSE(peer.open());
  EXPECT_EQ(watch.outcome(), Settled::delivered);
}

TEST_F(NoAnswers, AKeptConnectionThatEndedIsNoFailure) {
  const auto destination = open();
  const auto first = destination.deliver({event("a")}).front();
  auto peer = server();
  peer.send(http(200));
  EXPECT_EQ(first.outcome(), Settled::delivered);
  const auto second = destination.deliver({event("b")}).front();
  EXPECT_TRUE(host_.dials().empty()) << "the connection is kept";
  peer.disconnect();
  host_.turn();
  server().send(http(200));
  EXPECT_EQ(second.outcome(), Settled::delivered);
}

TEST_F(NoAnswers, AtTheEndNobodyIsLeftWaiting) {
  const auto plugin = load();
  const auto destination = plugin.open(block());
  const auto watch = destination.deliver({event()}).front();
  server();
  plugin.instance().stop();
  host_.turn();
  EXPECT_EQ(watch.outcome(), Settled::later) << "nobody knows what came of it, and it does not count";
  EXPECT_EQ(watch.cause(), Cause::canceled);
  EXPECT_EQ(watch.retry_after(), 1s);
}

TEST_F(NoAnswers, ADestinationMayBeReleasedMeanwhile) {
  const auto plugin = load();
  std::optional<OpenDestination> destination(plugin.open(block()));
  const auto watch = destination->deliver({event()}).front();
  auto peer = server();
  destination.reset();
  peer.send(http(200));
  EXPECT_EQ(watch.outcome(), Settled::delivered);
}

}  // namespace
}  // namespace hooks

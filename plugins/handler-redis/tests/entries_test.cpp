// What is written to Redis, and who the broker says it is.
#include "fixture.hpp"

namespace redis {
namespace {

using namespace redis::testing;

TEST_F(RedisTest, AnEntryIsTheWholeEvent) {
  EXPECT_EQ(sent({}), words({"XADD", "orders", "*", "event", event().payload}));
  EXPECT_EQ(sent(R"(, "maxLength": 5000)"),
            words({"XADD", "orders", "MAXLEN", "~", "5000", "*", "event", event().payload}));
}

TEST_F(RedisTest, OrItsParts) {
  EXPECT_EQ(sent(R"(, "mode": "binary")", event("b", R"(,"count":5,"data":{"n":1})")),
            words({"XADD", "orders", "*", "specversion", "1.0", "id", "b", "source", "/shop", "type", "order.created",
                   "count", "5", "datacontenttype", "application/json", "data", "{\"n\":1}"}));
  EXPECT_THAT(sent(R"(, "mode": "binary")", event("b", R"(,"data_base64":"AAEC")")),
              HasSubstr(words({"data", std::string("\0\1\2", 3)}).substr(4)));
}

TEST_F(RedisTest, StreamsAreNamedAfterAttributes) {
  const auto destination =
      host_.load<RedisHandler>().open(R"({"properties": {"host": "127.0.0.1", "stream": "{type}:{subject|none}"}})");
  const auto watches = destination.deliver({event("a", R"(,"subject":"x")"), event("b"), {.payload = "21 degrees"}});
  const std::string written = server().received();
  EXPECT_THAT(written, HasSubstr("order.created:x"));
  EXPECT_THAT(written, HasSubstr("order.created:none"));
  EXPECT_EQ(watches[2].outcome(), Settled::refused);
  EXPECT_EQ(watches[2].cause(), Cause::bad_request);
}

TEST_F(RedisTest, AnEventWithoutTheAttributeOfItsStreamIsRefused) {
  const auto destination =
      host_.load<RedisHandler>().open(R"({"properties": {"host": "127.0.0.1", "stream": "s:{subject}"}})");
  const auto watch = destination.deliver({event()}).front();
  EXPECT_EQ(watch.outcome(), Settled::refused);
  EXPECT_THAT(watch.reason(), HasSubstr("no attribute \"subject\""));
}

TEST_F(RedisTest, TheBrokerSaysWhoItIsFirst) {
  const auto destination = open(R"(, "user": "broker", "password": "sesame", "database": 3)");
  const auto consent = destination.check();
  auto made = host_.answer_dial();
  EXPECT_EQ(made.received(), words({"AUTH", "broker", "sesame"}) + words({"SELECT", "3"}) + words({"PING"}));
  made.send("+OK\r\n+OK\r\n");
  EXPECT_EQ(consent.outcome(), Settled::waiting);
  made.send("+PONG\r\n");
  EXPECT_EQ(consent.outcome(), Settled::delivered);
}

TEST_F(RedisTest, TlsIsForTheKernel) {
  const auto destination = host_.load<RedisHandler>().open(
      R"({"properties": {"host": "cache.example.org", "port": 6380, "tls": true, "layer": "mutual", "stream": "s"}})");
  destination.check();
  ASSERT_EQ(host_.dials().size(), 1u);
  EXPECT_TRUE(host_.dials().front().secure);
  EXPECT_EQ(host_.dials().front().layer, "mutual");
  EXPECT_EQ(host_.dials().front().port, 6380u);
}

TEST_F(RedisTest, ASignOfLifeDoesNotMixUpReplies) {
  const auto destination = open();
  destination.check();
  auto made = server();
  host_.advance(31s);
  EXPECT_EQ(made.received(), words({"PING"}));
  const auto watch = destination.deliver({event()}).front();
  made.send("+PONG\r\n");
  EXPECT_EQ(watch.outcome(), Settled::waiting);
  made.send("$3\r\n1-1\r\n");
  EXPECT_EQ(watch.outcome(), Settled::delivered);
  EXPECT_EQ(host_.metric("trellis_handler_redis_deliveries_total", R"(outcome="delivered")"), 1);
}

}  // namespace
}  // namespace redis

// Requests that come to nothing: failures, cancelling, the end of the client and of the broker.
#include "client_fixture.hpp"

namespace trellis::http::testing {
namespace {

using ::testing::HasSubstr;

struct DialCase {
  std::uint32_t reason;
  Failure failure;
  std::string_view text;
};
class DialFailure : public ClientTest, public ::testing::WithParamInterface<DialCase> {};

TEST_P(DialFailure, SaysWhoAndWhat) {
  const auto watch = send(post("https://h:8443/secret?key=1"));
  host_.fail_dial(GetParam().reason, "as said");
  EXPECT_EQ(watch->failure(), GetParam().failure);
  EXPECT_EQ(watch->error(), "POST https://h:8443: " + std::string(GetParam().text));
  EXPECT_FALSE(watch->result->error().sent);
  EXPECT_EQ(metric("failures_total"), 1);
  EXPECT_EQ(metric("connections"), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Reasons, DialFailure,
    ::testing::Values(DialCase{TRELLIS_DIAL_NAME, Failure::name, "cannot resolve the name: as said"},
                      DialCase{TRELLIS_DIAL_FORBIDDEN, Failure::forbidden, "may not connect: as said"},
                      DialCase{TRELLIS_DIAL_CONNECT, Failure::connect, "cannot connect: as said"},
                      DialCase{TRELLIS_DIAL_LAYER, Failure::layer, "cannot connect: as said"},
                      DialCase{TRELLIS_DIAL_TIMEOUT, Failure::timeout, "timed out while connecting: as said"},
                      DialCase{TRELLIS_DIAL_LIMIT, Failure::full, "cannot connect: as said"},
                      DialCase{TRELLIS_DIAL_SETTINGS, Failure::settings, "cannot connect: as said"},
                      DialCase{TRELLIS_DIAL_STOPPED, Failure::stopped, "cannot connect: as said"}));

TEST_F(ClientTest, WhatWaitedBehindAFailureGoesOn) {
  make({.connections_per_host = 1});
  send(get("http://h/first"));
  const auto second = send(get("http://h/second"));
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "refused");
  ASSERT_EQ(host_.dials().size(), 1U);
  host_.answer_dial().send(ok("there"));
  EXPECT_EQ(second->body(), "there");
}

TEST_F(ClientTest, WhatIsNoHttpIsRefused) {
  const auto watch = send(get("http://h/"));
  auto server = host_.answer_dial();
  server.send("220 smtp.example.com ESMTP\r\n");
  EXPECT_EQ(watch->failure(), Failure::malformed);
  EXPECT_EQ(watch->error(), "GET http://h: the answer cannot be taken: this is not an HTTP/1 response");
  EXPECT_FALSE(server.open());
}

TEST_F(ClientTest, WhatCannotBeSentIsRefused) {
  ClientRequest request = get("http://h/");
  request.headers = {{"x", "a\r\nb: c"}};
  const auto watch = send(std::move(request));
  EXPECT_EQ(watch->failure(), Failure::request);
  EXPECT_EQ(watch->error(), "GET http://h: the value of the header field \"x\" contains a control character");
  request = get("http://h/");
  request.method = "CONNECT";
  EXPECT_EQ(send(std::move(request))->failure(), Failure::request);
  request = get("http://h/");
  request.deadline = 0s;
  EXPECT_EQ(send(std::move(request))->failure(), Failure::request);
  EXPECT_EQ(send({})->failure(), Failure::request);
  EXPECT_TRUE(host_.dials().empty());
}

TEST_F(ClientTest, ACancelledRequestIsNotAnswered) {
  make({.connections_per_host = 1});
  const auto dialled = send(get("http://h/1"));
  const auto waits = send(get("http://h/2"));
  const auto last = send(get("http://h/3"));
  EXPECT_TRUE(cancel(*waits));
  EXPECT_FALSE(cancel(*waits));
  EXPECT_TRUE(cancel(*dialled));
  auto server = host_.answer_dial();
  EXPECT_THAT(server.received(), HasSubstr("GET /3 "));
  EXPECT_TRUE(cancel(*last));
  EXPECT_FALSE(server.open());
  host_.advance(1min);
  EXPECT_FALSE(dialled->done() || waits->done() || last->done());
  EXPECT_EQ(metric("connections"), 0);
  EXPECT_EQ(metric("waiting"), 0);
}

TEST_F(ClientTest, AnAnsweredRequestCannotBeCancelled) {
  const auto watch = send(get("http://h/"));
  host_.answer_dial().send(ok(""));
  EXPECT_FALSE(cancel(*watch));
}

TEST_F(ClientTest, ARefusalCanBeCancelledToo) {
  auto called = std::make_shared<bool>(false);
  on_shard([&](Shard& shard) {
    const auto number = client(shard).send({}, [called](const ClientResult&) { *called = true; });
    EXPECT_TRUE(client(shard).cancel(number));
  });
  EXPECT_FALSE(*called);
}

TEST_F(ClientTest, ItsEndAnswersNothing) {
  make({.connections_per_host = 1});
  const auto busy = send(get("http://a/"));
  auto server = host_.answer_dial();
  const auto waits = send(get("http://a/"));
  send(get("http://b/"));
  auto idle = host_.answer_dial();
  idle.send(ok(""));
  const auto dialled = send(get("http://c/"));
  const auto refused = std::make_shared<Watch>();
  destroy();
  EXPECT_TRUE(host_.dials().empty());
  EXPECT_FALSE(server.open() || idle.open());
  EXPECT_FALSE(busy->done() || waits->done() || dialled->done());
  EXPECT_EQ(metric("connections"), 0);
  EXPECT_EQ(metric("waiting"), 0);
}

TEST_F(ClientTest, MayBeDestroyedByACallback) {
  for (const std::string_view answer : {"HTTP/1.1 204 X\r\n\r\n", "HTTP/1.1 204 X\r\nConnection: close\r\n\r\n", "?"}) {
    make({});
    const auto watch = send(get("http://h/"), [this] {
      host_.on_shard(owner_.instance(), 0,
                     [](void* shard) { static_cast<Shard*>(shard)->state<ClientOwner::ShardState>().client.reset(); });
    });
    const auto other = send(get("http://h/"));
    host_.answer_dial().send(answer);
    EXPECT_TRUE(watch->done());
    EXPECT_FALSE(other->done());
    EXPECT_TRUE(host_.dials().empty());
  }
}

TEST_F(ClientTest, ACallbackMaySendTheNextOne) {
  std::shared_ptr<Watch> next = std::make_shared<Watch>();
  send(get("http://h/1"), [this, next] {
    host_.on_shard(owner_.instance(), 0, [&](void* shard) {
      client(*static_cast<Shard*>(shard)).send(get("http://h/2"), [next](ClientResult result) {
        next->result.emplace(std::move(result));
      });
    });
  });
  auto server = host_.answer_dial();
  server.send(ok("one"));
  server.send(ok("two"));
  EXPECT_EQ(next->body(), "two");
}

TEST_F(ClientTest, TheEndOfTheBrokerFailsWhatIsUnderWay) {
  make({.connections_per_host = 1});
  const auto busy = send(get("http://h/"));
  const auto waits = send(get("http://h/"));
  auto server = host_.answer_dial();
  server.end(TRELLIS_CLOSE_SHUTDOWN);
  host_.turn();
  EXPECT_EQ(busy->error(), "GET http://h: the connection ended before the answer: the broker stops");
  EXPECT_EQ(busy->failure(), Failure::stopped);
  EXPECT_EQ(waits->failure(), Failure::stopped);
  EXPECT_EQ(send(get("http://h/"))->failure(), Failure::stopped);
  EXPECT_TRUE(host_.dials().empty());
}

class WithoutDials : public ClientTest {
 protected:
  WithoutDials() : ClientTest({.missing_tables = {TRELLIS_HOST_DIAL}}) {}
};

TEST_F(WithoutDials, RequestsFail) {
  EXPECT_EQ(send(get("http://h/"))->error(), "GET http://h: this broker makes no connections");
}

}  // namespace
}  // namespace trellis::http::testing

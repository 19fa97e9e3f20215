// What is put into a queue, and in which order.
#include "common/base64/base64.hpp"
#include "fixture.hpp"

namespace storage_queue {
namespace {

using namespace storage_queue::testing;

class Requests : public HandlerTest {
 protected:
  std::string sent(const OpenDestination& destination, const Sample& sample) {
    destination.deliver({sample});
    return server().received();
  }
  static std::string message(const std::string& request) {
    const std::size_t at = request.find("<MessageText>") + 13;
    return request.substr(at, request.find("</MessageText>") - at);
  }
};

TEST_F(Requests, HoldTheEventInBase64) {
  const std::string request = sent(open(), event());
  EXPECT_THAT(request, StartsWith("POST /orders/messages?messagettl=604800 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nhost: shop.queue.core.windows.net\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\nauthorization: SharedKey shop:"));
  EXPECT_THAT(request, HasSubstr("\r\nx-ms-version: 2021-12-02\r\n"));
  EXPECT_THAT(request, HasSubstr("\r\n\r\n<QueueMessage><MessageText>"));
  EXPECT_THAT(request, ::testing::EndsWith("</MessageText></QueueMessage>"));
  EXPECT_EQ(common::from_base64(message(request)), event().payload);
}

TEST_F(Requests, HoldTheEventAsItIs) {
  const std::string request = sent(open(R"(, "messageEncoding": "text")"), event("a", R"("<&>")"));
  EXPECT_THAT(message(request), ::testing::EndsWith(R"("data":"&lt;&amp;&gt;"})"));
}

TEST_F(Requests, SayHowLongMessagesLiveAndHide) {
  const auto destination = open(R"(, "queueMessageTimeToLiveInSeconds": -1, "visibilityTimeoutInSeconds": 30)");
  EXPECT_THAT(sent(destination, event()), StartsWith("POST /orders/messages?messagettl=-1&visibilitytimeout=30 "));
}

TEST_F(Requests, GoToAnEmulator) {
  const auto destination = load("{}").open(
      R"({"properties": {"queueUrl": "http://127.0.0.1:10001/devstoreaccount1/orders", "accountKey": "AAAA"}})");
  const std::string request = sent(destination, event());
  EXPECT_THAT(request, StartsWith("POST /devstoreaccount1/orders/messages?messagettl=604800 "));
  EXPECT_THAT(request, HasSubstr("\r\nauthorization: SharedKey devstoreaccount1:"));
}

TEST_F(Requests, WithASharedAccessSignatureAreNotSigned) {
  const auto destination = load("{}").open(
      R"({"properties": {"queueUrl": "https://shop.queue.core.windows.net/orders", "sasToken": "?sv=1&sig=a%3D"}})");
  const std::string request = sent(destination, event());
  EXPECT_THAT(request, StartsWith("POST /orders/messages?messagettl=604800&sv=1&sig=a%3D HTTP/1.1\r\n"));
  EXPECT_THAT(request, Not(HasSubstr("authorization")));
}

TEST_F(Requests, OfABatchGoOneAfterTheOther) {
  const auto destination = open();
  const auto watches = destination.deliver({event("a"), event("b"), event("c")});
  auto peer = server();
  for (const std::size_t i : {0u, 1u, 2u}) {
    EXPECT_TRUE(host_.dials().empty());
    EXPECT_EQ(common::from_base64(message(peer.received())), event(std::string(1, static_cast<char>('a' + i))).payload);
    EXPECT_EQ(watches[i].outcome(), Settled::waiting);
    EXPECT_EQ(under_way(), 3 - static_cast<std::int64_t>(i));
    peer.send(http(201));
    EXPECT_EQ(watches[i].outcome(), Settled::delivered);
  }
  EXPECT_EQ(under_way(), 0);
  EXPECT_EQ(deliveries("delivered"), 3);
}

TEST_F(Requests, BehindOneThatFailedAreNotMade) {
  const auto destination = open();
  const auto watches = destination.deliver({event("a"), event("b"), event("c")});
  auto peer = server();
  peer.send(http(201));
  peer.send(error(503, "ServerBusy"));
  EXPECT_EQ(watches[0].outcome(), Settled::delivered);
  EXPECT_EQ(watches[1].outcome(), Settled::retry);
  EXPECT_EQ(watches[1].cause(), Cause::busy);
  EXPECT_EQ(watches[1].retry_after(), 30s);
  EXPECT_EQ(watches[2].outcome(), Settled::later) << "it was not sent";
  EXPECT_EQ(watches[2].cause(), Cause::busy);
  EXPECT_EQ(watches[2].retry_after(), 1s);
  EXPECT_EQ(under_way(), 0);
}

TEST_F(Requests, BehindOneThatIsRefusedGoOn) {
  const auto destination = open();
  const auto watches = destination.deliver({event("a"), event("b")});
  auto peer = server();
  peer.send(error(400, "InvalidXmlDocument"));
  EXPECT_EQ(watches[0].outcome(), Settled::refused);
  peer.send(http(201));
  EXPECT_EQ(watches[1].outcome(), Settled::delivered);
}

TEST_F(Requests, OfEventsThatFitNoMessageAreNotMade) {
  const auto destination = open();
  const auto watches = destination.deliver({event("a", '"' + std::string(49'152, 'x') + '"'), event("b")});
  EXPECT_EQ(watches[0].outcome(), Settled::refused);
  EXPECT_EQ(watches[0].cause(), Cause::too_large);
  EXPECT_THAT(watches[0].reason(), HasSubstr("queue orders at https://shop.queue.core.windows.net: the event takes "));
  auto peer = server();
  peer.send(http(201));
  EXPECT_EQ(watches[1].outcome(), Settled::delivered);
}

TEST_F(Requests, AreBounded) {
  const auto destination = load(R"({"waiting": 2, "accounts": [{"name": "shop", "key": "AAAA"}]})").open(block());
  const auto watches = destination.deliver({event("a"), event("b"), event("c")});
  EXPECT_EQ(watches[2].outcome(), Settled::later);
  EXPECT_EQ(watches[2].cause(), Cause::busy);
  EXPECT_EQ(watches[2].retry_after(), 1s);
  EXPECT_EQ(deliveries("later"), 1);
  EXPECT_EQ(under_way(), 2);
  auto peer = server();
  peer.send(http(201));
  EXPECT_EQ(destination.deliver({event("d")}).front().outcome(), Settled::waiting) << "there is room again";
}

TEST_F(Requests, AskWhetherTheQueueIsThere) {
  const auto destination = open();
  const auto asked = [&](const std::string& answer) {
    const auto watch = destination.check();
    auto peer = server();
    EXPECT_THAT(peer.received(), StartsWith("GET /orders?comp=metadata HTTP/1.1\r\n"));
    peer.send(answer);
    if (peer.open()) peer.disconnect();
    return watch;
  };
  EXPECT_EQ(asked(http(200)).outcome(), Settled::delivered);
  const auto missing = asked(error(404, "QueueNotFound"));
  EXPECT_EQ(missing.outcome(), Settled::retry);
  EXPECT_THAT(missing.reason(), HasSubstr("status 404 (QueueNotFound)"));
  EXPECT_EQ(asked(error(403, "AuthenticationFailed")).cause(), Cause::unauthorized);
  EXPECT_EQ(asked(error(403, "AuthorizationPermissionMismatch")).outcome(), Settled::delivered)
      << "who may only add messages may not look";
}

}  // namespace
}  // namespace storage_queue

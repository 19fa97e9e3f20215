// What requests look like: modes, headers, lists.
#include <set>

#include "fixture.hpp"

namespace hooks {
namespace {

using namespace hooks::testing;
using ::testing::ElementsAre;

class Requests : public HandlerTest {
 protected:
  /// All that came over one connection, answered one by one.
  std::vector<Asked> all(const OpenDestination& destination, const std::vector<Sample>& samples) {
    watches_ = destination.deliver(samples);
    std::vector<Asked> out;
    while (!host_.dials().empty()) {
      auto peer = server();
      out.push_back(Asked::of(peer.received()));
      peer.send(http(200));
      peer.disconnect();
      host_.turn();
    }
    return out;
  }

  std::vector<DeliveryWatch> watches_;
};

TEST_F(Requests, OneEventIsPostedAsItLies) {
  const auto destination = open();
  const Asked asked = sent(destination, {event("a-1", R"(, "data" : {"n": 1.0})")});
  EXPECT_THAT(asked.head, StartsWith("POST /in?k=v HTTP/1.1\r\nhost: hooks.example.org\r\n"));
  EXPECT_EQ(asked.body, event("a-1", R"(, "data" : {"n": 1.0})").payload) << "not a letter of it changes";
  EXPECT_EQ(asked.header("content-type"), "application/cloudevents+json; charset=utf-8");
  EXPECT_EQ(asked.header("content-length"), std::to_string(asked.body.size()));
  EXPECT_EQ(asked.header("aeg-event-type"), "Notification");
  EXPECT_EQ(asked.header("aeg-subscription-name"), "ORDERS-HOOK");
  EXPECT_EQ(asked.header("aeg-delivery-count"), "0");
  EXPECT_EQ(asked.header("aeg-metadata-version"), "1.0");
  EXPECT_EQ(asked.header("aeg-data-version"), "none");
  EXPECT_EQ(asked.header("aeg-compatibility-mode-enabled"), "false");
  EXPECT_EQ(asked.header("webhook-request-origin"), "trellis");
  EXPECT_THAT(asked.header("aeg-output-event-id"), ::testing::MatchesRegex("[0-9a-f-]{36}"));
  EXPECT_EQ(asked.header("authorization"), "none");
}

TEST_F(Requests, TheOriginIsASetting) {
  EXPECT_EQ(sent(open({}, R"({"origin": "eventgrid.azure.net"})"), {event()}).header("webhook-request-origin"),
            "eventgrid.azure.net");
}

TEST_F(Requests, TheIdentifierStaysOverRetriesAndIsOnesOwn) {
  const auto plugin = load();
  const auto destination = plugin.open(block());
  const auto id = [&](const OpenDestination& to, const Sample& sample, std::uint32_t attempts = 0) {
    return sent(to, {sample}, attempts).header("aeg-output-event-id");
  };
  const std::string first = id(destination, event("a"));
  EXPECT_EQ(id(destination, event("a"), 3), first);
  EXPECT_EQ(id(plugin.open(block()), event("a")), first) << "opened again";
  EXPECT_NE(id(destination, event("b")), first);
  EXPECT_NE(id(plugin.open(R"({"properties": {"endpointUrl": "https://hooks.example.org"}})"), event("a")), first)
      << "another subscription";
  host_.advance(1ms);
  EXPECT_NE(id(destination, event("a")), first) << "the same identifier, published again";
}

// A receiver that had [a] and not [a, b] would take the second for the first, and b would be lost.
TEST_F(Requests, TheIdentifierOfAListIsMadeOfAllItsEvents) {
  const auto plugin = load();
  const auto lists =
      plugin.open(block(R"(, "maxEventsPerBatch": 9, "signingSecrets": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])"));
  const auto id = [&](const std::vector<Sample>& events) {
    const Asked asked = sent(lists, events);
    EXPECT_EQ(asked.header("webhook-id"), asked.header("aeg-output-event-id"));
    return asked.header("aeg-output-event-id");
  };
  const std::string alone = id({event("a")});
  EXPECT_EQ(alone, sent(plugin.open(block()), {event("a")}).header("aeg-output-event-id")) << "of one event its own";
  const std::string both = id({event("a"), event("b")});
  EXPECT_THAT(both, ::testing::MatchesRegex("[0-9a-f-]{36}"));
  EXPECT_EQ(id({event("a"), event("b")}), both) << "the same list again";
  EXPECT_EQ((std::set{alone, id({event("b")}), both, id({event("b"), event("a")}),
                      id({event("a"), event("b"), event("c")}), id({event("a"), event("c")})})
                .size(),
            6U);
}

TEST_F(Requests, TheCountIsThatOfEarlierAttempts) {
  EXPECT_EQ(sent(open(), {event()}, 4).header("aeg-delivery-count"), "4");
}

TEST_F(Requests, WithoutListsEachEventIsARequest) {
  const auto asked = all(open(), {event("a"), event("b")});
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_EQ(asked[0].body, event("a").payload);
  EXPECT_EQ(asked[1].body, event("b").payload);
  EXPECT_EQ(watches_[0].outcome(), Settled::delivered);
  EXPECT_EQ(watches_[1].outcome(), Settled::delivered);
}

TEST_F(Requests, AListIsOneRequestAndSettlesAllAlike) {
  const auto destination = open(R"(, "maxEventsPerBatch": 10)");
  const auto watches = destination.deliver({event("a"), event("b"), event("c")});
  auto peer = server();
  const Asked asked = Asked::of(peer.received());
  EXPECT_EQ(asked.body, "[" + event("a").payload + "," + event("b").payload + "," + event("c").payload + "]");
  EXPECT_EQ(asked.header("content-type"), "application/cloudevents-batch+json; charset=utf-8");
  peer.send(http(503));
  for (const auto& watch : watches) {
    EXPECT_EQ(watch.outcome(), Settled::retry);
    EXPECT_EQ(watch.retry_after(), 30s);
  }
  EXPECT_TRUE(host_.dials().empty());
  EXPECT_EQ(deliveries("retry"), 3);
  EXPECT_EQ(posts("busy"), 1);
}

TEST_F(Requests, ModeBatchListsOneEventToo) {
  EXPECT_EQ(sent(open(R"(, "mode": "batch")"), {event("a")}).body, "[" + event("a").payload + "]");
}

TEST_F(Requests, BoundsOfListsAreKept) {
  const auto counted = all(open(R"(, "maxEventsPerBatch": 2)"), {event("a"), event("b"), event("c")});
  ASSERT_EQ(counted.size(), 2u);
  EXPECT_EQ(counted[1].body, "[" + event("c").payload + "]");
  const Sample large = event("large", R"(,"data":")" + std::string(2000, 'x') + "\"");
  const auto sized = all(open(R"(, "maxEventsPerBatch": 9, "preferredBatchSizeInKilobytes": 1)"),
                         {event("a"), large, event("b"), event("c")});
  ASSERT_EQ(sized.size(), 3u);
  EXPECT_EQ(sized[1].body, "[" + large.payload + "]") << "a larger one goes alone";
  EXPECT_EQ(sized[2].body, "[" + event("b").payload + "," + event("c").payload + "]");
}

TEST_F(Requests, AListHasTheLargestCount) {
  const auto destination = open(R"(, "maxEventsPerBatch": 9)");
  EXPECT_EQ(sent(destination, {event("a"), event("b")}, 2).header("aeg-delivery-count"), "2");
}

TEST_F(Requests, BinaryModeTakesTheEventApart) {
  const auto destination = open(R"(, "mode": "binary")");
  const Asked asked = sent(
      destination,
      {event("a b", R"(,"subject":"caf\u00e9 \"5%\"","n":5,"b":true,"datacontenttype":"text/plain","data":"hi")")});
  EXPECT_EQ(asked.body, "hi");
  EXPECT_EQ(asked.header("content-type"), "text/plain");
  EXPECT_EQ(asked.header("ce-specversion"), "1.0");
  EXPECT_EQ(asked.header("ce-id"), "a%20b");
  EXPECT_EQ(asked.header("ce-subject"), "caf%C3%A9%20%225%25%22");
  EXPECT_EQ(asked.header("ce-source"), "/shop");
  EXPECT_EQ(asked.header("ce-type"), "shop.order.created");
  EXPECT_EQ(asked.header("ce-n"), "5");
  EXPECT_EQ(asked.header("ce-b"), "true");
  EXPECT_EQ(asked.header("ce-datacontenttype"), "none");
  EXPECT_EQ(asked.header("aeg-event-type"), "Notification");
}

TEST_F(Requests, BinaryModeKnowsAllKindsOfData) {
  const auto destination = open(R"(, "mode": "binary")");
  const Asked json = sent(destination, {event("a", R"(,"data":{"n": 1})")});
  EXPECT_EQ(json.body, R"({"n": 1})");
  EXPECT_EQ(json.header("content-type"), "application/json");
  const Asked bytes = sent(destination, {event("a", R"(,"datacontenttype":"image/png","data_base64":"AAEC")")});
  EXPECT_EQ(bytes.body, std::string("\0\1\2", 3));
  EXPECT_EQ(bytes.header("content-type"), "image/png");
  const Asked none = sent(destination, {event("a", "")});
  EXPECT_EQ(none.body, "");
  EXPECT_EQ(none.header("content-type"), "none");
  EXPECT_EQ(none.header("content-length"), "0");
}

TEST_F(Requests, EventGridsSchemaIsAListAlways) {
  const auto destination = open(R"(, "mode": "eventgrid")");
  const Asked asked =
      sent(destination, {event("a", R"(,"subject":"x\"y","time":"2026-01-02T03:04:05Z","ext":"gone","data":{"n":1})")});
  EXPECT_EQ(asked.body,
            R"([{"id":"a","topic":"/shop","subject":"x\"y","eventType":"shop.order.created",)"
            R"("eventTime":"2026-01-02T03:04:05Z","data":{"n":1},"dataVersion":"1.0","metadataVersion":"1"}])");
  EXPECT_EQ(asked.header("content-type"), "application/json; charset=utf-8");
  EXPECT_EQ(asked.header("aeg-metadata-version"), "1");
  EXPECT_EQ(asked.header("aeg-data-version"), "1.0");
  const Asked bytes = sent(destination, {event("b", R"(,"data_base64":"AAEC")")});
  EXPECT_THAT(bytes.body, HasSubstr(R"("data":"AAEC")"));
  EXPECT_THAT(bytes.body, HasSubstr(R"("subject":"")"));
  EXPECT_THAT(bytes.body, ::testing::ContainsRegex("\"eventTime\":\"[0-9-]+T[0-9:.]+Z\"")) << "when it arrived";
}

TEST_F(Requests, EventGridsSchemaTellsOfTheVersionOfData) {
  const auto destination = open(R"(, "mode": "eventgrid", "maxEventsPerBatch": 9)");
  const auto asked = all(destination, {event("a", R"(,"dataversion":"2.1")"), event("b", R"(,"dataversion":"2.1")"),
                                       event("c", R"(,"dataversion":7)"), event("d", R"(,"dataversion":" x")")});
  ASSERT_EQ(asked.size(), 3u) << "a list has events of one version";
  EXPECT_EQ(asked[0].header("aeg-data-version"), "2.1");
  EXPECT_EQ(asked[1].header("aeg-data-version"), "7");
  EXPECT_EQ(asked[2].header("aeg-data-version"), "1.0");
}

TEST_F(Requests, OnlyCloudEventsSayThatTheyAreOfANamespace) {
  const auto plugin = load();
  const auto said = [&](const std::string& more) {
    return sent(plugin.open(block(more)), {event("a")}).header("aeg-compatibility-mode-enabled");
  };
  EXPECT_EQ(said(R"(, "mode": "structured")"), "false");
  EXPECT_EQ(said(R"(, "mode": "batch")"), "false");
  EXPECT_EQ(said(R"(, "mode": "binary")"), "false");
  EXPECT_EQ(said(R"(, "mode": "eventgrid")"), "none");
}

TEST_F(Requests, APreferredSizeTurnsListsOn) {
  const Asked asked = sent(open(R"(, "preferredBatchSizeInKilobytes": 64)"), {event("a")});
  EXPECT_EQ(asked.header("content-type"), "application/cloudevents-batch+json; charset=utf-8");
  EXPECT_THAT(asked.body, StartsWith("["));
}

TEST_F(Requests, AnMqttMessageIsSentAsItsPayload) {
  const auto destination = load().open(block_of_messages(R"(, "maxEventsPerBatch": 9)"));
  const Sample message{.topic = "hall/4 a",
                       .payload = "21.5",
                       .user_properties = {{"unit",
                                            "\xC2\xB0"
                                            "C"},
                                           {"odd name\r\n", "x\r\ny: z"}},
                       .content_type = "text/csv"};
  const auto asked = all(destination, {message, event("a")});
  ASSERT_EQ(asked.size(), 2u) << "it stands in no list";
  EXPECT_EQ(asked[0].body, "21.5");
  EXPECT_EQ(asked[0].header("content-type"), "text/csv");
  EXPECT_EQ(asked[0].header("mqtt-topic"), "hall/4%20a");
  EXPECT_EQ(asked[0].header("mqtt-property-unit"), "%C2%B0C");
  EXPECT_EQ(asked[0].header("mqtt-property-odd%20name%0D%0A"), "x%0D%0Ay:%20z");
  EXPECT_EQ(asked[0].header("aeg-event-type"), "Notification");
  EXPECT_EQ(asked[0].header("aeg-metadata-version"), "none") << "it is no event of any schema";
  EXPECT_EQ(asked[0].header("aeg-compatibility-mode-enabled"), "none");
  EXPECT_THAT(asked[0].head, Not(HasSubstr("ce-")));
  EXPECT_EQ(asked[1].body, "[" + event("a").payload + "]");
}

TEST_F(Requests, AnMqttMessageWithoutATypeGetsOne) {
  const auto destination = load().open(block_of_messages());
  EXPECT_EQ(sent(destination, {Sample{.topic = "t", .payload = "x", .is_text = true}}).header("content-type"),
            "text/plain; charset=utf-8");
  EXPECT_EQ(sent(destination, {Sample{.topic = "t", .payload = "x"}}).header("content-type"),
            "application/octet-stream");
  EXPECT_EQ(
      sent(destination, {Sample{.topic = "t", .payload = "x", .content_type = "a\r\nb: c"}}).header("content-type"),
      "application/octet-stream");
}

TEST_F(Requests, PropertiesOfAnMqttMessageAreBounded) {
  Sample message{.topic = "t", .payload = "x"};
  for (int i = 0; i < 100; ++i) message.user_properties.emplace_back("n" + std::to_string(i), std::string(1000, 'v'));
  const Asked asked = sent(load().open(block_of_messages()), {message});
  EXPECT_LT(asked.head.size(), 20'000u);
  EXPECT_NE(asked.header("mqtt-property-n0"), "none");
}

TEST_F(Requests, WhatSaysThatItIsAnEventAndIsNoneIsRefused) {
  const auto plugin = load();
  Sample broken = event();
  broken.payload = R"({"id":"a"},{"id":"b"})";
  for (const std::string mode : {"structured", "batch", "binary", "eventgrid"}) {
    const auto destination =
        plugin.open(R"({"properties": {"endpointUrl": "https://hooks.example.org", "mode": ")" + mode + "\"}}");
    const auto watch = destination.deliver({broken}).front();
    EXPECT_EQ(watch.outcome(), Settled::refused) << mode;
    EXPECT_EQ(watch.cause(), Cause::bad_request);
    EXPECT_EQ(watch.reason(), "the message says that it is a CloudEvent, and is none");
  }
  EXPECT_TRUE(host_.dials().empty());
  EXPECT_EQ(deliveries("refused"), 4);
}

TEST_F(Requests, WhatIsWrongHoldsUpNothingElse) {
  Sample broken = event();
  broken.payload = "no JSON";
  const auto asked = all(open(R"(, "maxEventsPerBatch": 9)"), {event("a"), broken, event("b")});
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].body, "[" + event("a").payload + "," + event("b").payload + "]");
  EXPECT_EQ(watches_[0].outcome(), Settled::delivered);
  EXPECT_EQ(watches_[1].outcome(), Settled::refused);
  EXPECT_EQ(watches_[2].outcome(), Settled::delivered);
}

TEST_F(Requests, AnotherLayerMayEncrypt) {
  open(R"(, "layer": "hooks-tls")").deliver({event()});
  EXPECT_EQ(host_.dials().at(0).layer, "hooks-tls");
  EXPECT_TRUE(host_.dials().at(0).secure);
}

TEST_F(Requests, ConnectionsOfOneEndpointAreBounded) {
  const auto destination = open({}, R"({"connections": 2})");
  destination.deliver({event("a"), event("b"), event("c")});
  EXPECT_EQ(host_.dials().size(), 2u);
  EXPECT_EQ(host_.metric("trellis_webhook_posts"), 3);
  EXPECT_EQ(host_.metric("trellis_http_client_waiting", "handler=\"webhook\""), 1);
}

TEST_F(Requests, TooManyThatWaitAreTriedAgain) {
  const auto destination = open({}, R"({"connections": 1, "waiting": 1})");
  const auto watches = destination.deliver({event("a"), event("b"), event("c")});
  host_.turn();
  EXPECT_EQ(watches[2].outcome(), Settled::later);
  EXPECT_EQ(watches[2].cause(), Cause::busy);
  EXPECT_EQ(watches[1].outcome(), Settled::waiting);
}

TEST_F(Requests, NoMoreAreMadePerMinuteThanIsSet) {
  const auto destination = open(R"(, "maxRequestsPerMinute": 60, "timeout": "4s")");
  const auto watches = destination.deliver({event("a"), event("b"), event("c"), event("d")});
  EXPECT_EQ(host_.dials().size(), 1u);
  host_.advance(999ms);
  EXPECT_EQ(host_.dials().size(), 1u);
  host_.advance(1ms);
  EXPECT_EQ(host_.dials().size(), 2u);
  host_.advance(1s);
  EXPECT_EQ(host_.dials().size(), 3u);
  EXPECT_EQ(watches[3].outcome(), Settled::later) << "its turn is further away than half the timeout";
  EXPECT_EQ(watches[3].cause(), Cause::busy);
  EXPECT_EQ(watches[3].retry_after(), 3s);
}

}  // namespace
}  // namespace hooks

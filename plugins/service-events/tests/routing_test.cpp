// MQTT messages that become events of a topic.
#include "events_bench.hpp"

namespace events_service::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using trellis::Config;
using trellis::testing::Sample;

Sample message(std::string_view topic, std::string_view payload) {
  return {.topic = std::string(topic),
          .payload = std::string(payload),
          .qos = 1,
          .publisher = "press-04",
          .publisher_identity = "press-04-auth"};
}

/// Declares clients, as plugins that know who may connect do.
class Clients final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "clients", .version = "1.0.0", .wants = {TRELLIS_HOST_RESOURCES}};
  trellis::Result<void> configure(const trellis::Config&) override {
    return declare_resources(*this,
                             {.name = "clients",
                              .schema = trellis::Schema{}
                                            .text("authenticationName")
                                            .property("attributes", R"({"type":"object","additionalProperties":true})")
                                            .json(),
                              .key = "authenticationName"});
  }
  void on_request(const trellis::Request&, trellis::Reply reply) override { reply.text(""); }
};

class Routing : public ::testing::Test {
 protected:
  void route(std::string_view more = "", std::string_view filters = R"("plant/#")") {
    bench.put("routes", "all",
              R"({"topicFilters":[)" + std::string(filters) + R"(],"topic":"orders")" + std::string(more) + "}");
  }
  /// The event that the message becomes.
  Config routed(const Sample& sample) {
    bench.host.publish(sample);
    const auto all = bench.receive();
    EXPECT_EQ(all.size(), 1u);
    if (all.empty()) return Config::parse("{}").value();
    EXPECT_EQ(bench.settled("acknowledge", {all[0].token}), 1u);
    return Config::parse(all[0].event).value();
  }
  std::int64_t count(std::string_view outcome) {
    return bench.host.metric("trellis_events_routed_total", "outcome=\"" + std::string(outcome) + "\"");
  }
  std::string refusal(std::string_view properties) { return bench.host.put_resource("routes", "wrong", properties); }

  EventsBench bench{"{}", 1, [](trellis::testing::TestHost& host) { host.load<Clients>(); }};
};

TEST_F(Routing, BytesAreInBase64) {
  route();
  const Config event = routed(message("plant/l1", std::string("\0\xFF", 2)));
  EXPECT_EQ(event.text("specversion"), "1.0");
  EXPECT_EQ(event.text("id").size(), 36u);
  EXPECT_EQ(event.text("type"), "MQTT.EventPublished");
  EXPECT_EQ(event.text("source"), "default");
  EXPECT_EQ(event.text("subject"), "plant/l1");
  EXPECT_EQ(event.text("time"), "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(event.text("datacontenttype"), "application/octet-stream");
  EXPECT_EQ(event.text("data_base64"), "AP8=");
  EXPECT_EQ(count("routed"), 1);
}

TEST_F(Routing, TextThatIsJsonIsData) {
  route();
  Sample json = message("plant/l1", R"({"rpm": 900.0})");
  json.is_text = true;
  Config event = routed(json);
  EXPECT_EQ(event.object("data").json(), R"({"rpm": 900.0})") << "as it was written";
  EXPECT_EQ(event.text("datacontenttype"), "application/json");
  json.is_text.reset();
  json.content_type = "application/json; charset=utf-8";
  event = routed(json);
  EXPECT_EQ(event.object("data").json(), R"({"rpm": 900.0})");
  EXPECT_EQ(event.text("datacontenttype"), "application/json; charset=utf-8");
}

TEST_F(Routing, TextThatIsNoJsonIsAText) {
  route();
  Sample text = message("plant/l1", "it's \"hot\"\n");
  text.is_text = true;
  Config event = routed(text);
  EXPECT_EQ(event.text("data"), "it's \"hot\"\n");
  EXPECT_EQ(event.text("datacontenttype"), "text/plain");
  text.content_type = "application/json";
  text.payload = "{broken";
  event = routed(text);
  EXPECT_EQ(event.text("data"), "{broken");
  text.payload = "\xC3";
  EXPECT_EQ(routed(text).text("data_base64"), "ww==") << "no UTF-8, whatever it says";
}

TEST_F(Routing, AnEmptyMessageIsAnEventToo) {
  route();
  Sample empty = message("plant/l1", "");
  EXPECT_EQ(routed(empty).text("data_base64"), "");
  empty.is_text = true;
  const Config text = routed(empty);
  EXPECT_EQ(text.text("data"), "");
  EXPECT_EQ(text.text("datacontenttype"), "text/plain");
  EXPECT_FALSE(text.contains("data_base64"));
}

TEST_F(Routing, ABinaryEventMayHaveOtherPropertiesBesideItsAttributes) {
  route();
  Sample binary = message("plant/l1", "x");
  binary.user_properties = {
      {"specversion", "1.0"}, {"id", "mine"},        {"source", "/press"}, {"type", "t"},
      {"trace-id", "1"},      {"content_hash", "2"}, {"data", "3"},        {"morethantwentyletterslong", "4"},
      {"tenant", "first"},    {"tenant", "second"},  {"id", "other"},      {"Upper", "5"}};
  const Config event = routed(binary);
  EXPECT_EQ(event.text("id"), "mine");
  EXPECT_EQ(event.text("source"), "/press");
  EXPECT_EQ(event.text("tenant"), "first");
  EXPECT_FALSE(event.contains("trace-id"));
}

TEST_F(Routing, AnAttributeThatIsTooLargeForAnEventIsAText) {
  route(R"(,"enrichments":{"dynamic":[{"key":"small","value":"${client.attributes.small}"},
    {"key":"large","value":"${client.attributes.large}"},{"key":"list","value":"${client.attributes.list}"},
    {"key":"name","value":"${client.attributes.name}"}]})");
  bench.put("clients", "press",
            R"({"authenticationName":"press-04-auth","attributes":{"small":-2147483648,"large":3000000000,)"
            R"("list":["","b"],"name":"a\u0001b"}})");
  const Config event = routed(message("plant/l1", "x"));
  EXPECT_EQ(event.integer("small"), -2147483648LL);
  EXPECT_EQ(event.text("large"), "3000000000");
  EXPECT_EQ(event.text("list"), ",b");
  EXPECT_EQ(event.text("name"), "ab");
}

TEST_F(Routing, WithoutRoomForEnrichmentsAnEventGoesWithoutThem) {
  route(R"(,"enrichments":{"static":[{"key":"site","value":"north"}]})");
  std::string attributes;
  for (int i = 0; i < 60; ++i) attributes += ",\"a" + std::to_string(i) + "\":1";
  Sample structured = message("plant/l1", EventsBench::event("mine", attributes));
  structured.content_type = "application/cloudevents+json";
  const Config event = routed(structured);
  EXPECT_EQ(event.text("id"), "mine");
  EXPECT_FALSE(event.contains("site"));
  EXPECT_EQ(bench.host.metric("trellis_events_routed_plain_total"), 1);
  EXPECT_TRUE(bench.host.logged("an event goes without its enrichments"));
}

TEST(RoutingOfWhatIsTooLong, IsToldOfInTheLog) {
  EventsBench bench(R"({"event_bytes":1024})");
  bench.put("routes", "all", R"({"topicFilters":["plant/#"],"topic":"orders"})");
  bench.host.publish(message("plant/l1", std::string(2000, '\xFF')));
  bench.host.turn();
  EXPECT_EQ(bench.host.metric("trellis_events_routed_total", R"(outcome="no_event")"), 1);
  EXPECT_TRUE(bench.host.logged("no event can be made of a message, which is lost to the route"));
}

// The publisher of a message was told that it is kept as the namespace says, before it became an event.
TEST_F(Routing, AMessageIsGivenUpForAnEventThatIsKeptAsWell) {
  bench.put("topics", "orders", R"({"durability":"volatile"})");
  route();
  bench.host.hold_kept();
  bench.host.publish(message("plant/l1", "x"));
  EXPECT_EQ(bench.host.offered_durability().back(), 0u) << "as the namespace says, which is not less";
  EXPECT_THAT(bench.host.awaited_durability(), ::testing::ElementsAre(0u)) << "once";
  bench.host.release_kept();
  EXPECT_EQ(count("routed"), 1);
  bench.put("topics", "orders", R"({"durability":"written"})");
  bench.host.hold_kept();
  bench.host.publish(message("plant/l1", "x"));
  EXPECT_THAT(bench.host.awaited_durability(), ::testing::UnorderedElementsAre(0u, 2u));
  bench.host.release_kept();
  EXPECT_EQ(count("routed"), 2);
}

TEST(RoutingToAFullTopic, RefusesPublishersOrLosesAsTheSettingsSay) {
  for (const bool loses : {false, true}) {
    EventsBench bench(std::string(R"({"queued_events":10)") + (loses ? R"(,"route_overflow":"drop_newest"})" : "}"));
    bench.put("routes", "all", R"({"topicFilters":["plant/#"],"topic":"orders"})");
    EXPECT_EQ(bench.host
                  .subscriber("\x01"
                              "routes/all")
                  .overflow,
              static_cast<std::uint32_t>(loses ? TRELLIS_OVERFLOW_DROP_NEWEST : TRELLIS_OVERFLOW_REJECT));
    bench.host.refuse_offers(true);
    for (int i = 0; i < 12; ++i) bench.host.publish(message("plant/l1", "x"));
    bench.host.advance(seconds(31));
    EXPECT_TRUE(bench.host.logged(loses ? "the queue of a route is full: messages that come are lost to it"
                                        : "the queue of a route is full: publishers are refused"));
  }
}

TEST_F(Routing, ATopicThatTakesNothingIsTriedEveryHalfMinute) {
  route();
  bench.host.refuse_offers(true);
  bench.host.publish(message("plant/l1", "x"));
  bench.host.advance(std::chrono::hours(1));
  bench.host.refuse_offers(false);
  bench.host.advance(seconds(30));
  EXPECT_EQ(count("routed"), 1);
}

TEST_F(Routing, ACloudEventStaysOne) {
  route();
  Sample structured = message("plant/l1", EventsBench::event("mine", R"(,"comexample":5,"data":{"a":1.50})"));
  structured.content_type = "application/cloudevents+json; charset=utf-8";
  bench.host.publish(structured);
  auto all = bench.receive();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].event, structured.payload);
  Sample binary = message("plant/l1", "\xFF");
  binary.user_properties = {{"specversion", "1.0"}, {"id", "b%1"},           {"source", "/press"},
                            {"type", "t"},          {"comexample", "ä ö\""}, {"subject", "s"}};
  binary.content_type = "image/png";
  const Config event = routed(binary);
  EXPECT_EQ(event.text("id"), "b%1");
  EXPECT_EQ(event.text("source"), "/press");
  EXPECT_EQ(event.text("comexample"), "ä ö\"");
  EXPECT_EQ(event.text("datacontenttype"), "image/png");
  EXPECT_EQ(event.text("data_base64"), "/w==");
}

TEST_F(Routing, WhatOnlyLooksLikeACloudEventIsWrapped) {
  route();
  Sample structured = message("plant/l1", R"({"specversion":"1.0"})");
  structured.content_type = "application/cloudevents+json";
  EXPECT_EQ(routed(structured).text("type"), "MQTT.EventPublished");
}

// A client may call its payload whatever it wants.
TEST_F(Routing, ABatchIsNoEvent) {
  route();
  for (const char* payload : {"[]", R"([{"specversion":"1.0","id":"1","source":"/a","type":"t"}])", "x"}) {
    for (const char* type :
         {"application/cloudevents-batch+json", "application/cloudevents+json", "application/cloudevents"}) {
      Sample batch = message("plant/l1", payload);
      batch.user_properties = {{"specversion", "1.0"}, {"id", "1"}, {"source", "/a"}, {"type", "t"}};
      batch.content_type = type;
      EXPECT_EQ(routed(batch).text("type"), "MQTT.EventPublished") << payload << " " << type;
    }
  }
}

TEST_F(Routing, APayloadAddsNoMembers) {
  route();
  Sample sample = message("plant/l1", R"(0,"role":"admin")");
  sample.is_text = true;
  const Config event = routed(sample);
  EXPECT_FALSE(event.contains("role"));
  EXPECT_EQ(event.text("data"), R"(0,"role":"admin")");
}

TEST_F(Routing, WhatNoAttributeMayHaveDoesNotLoseAMessage) {
  route(R"(,"enrichments":{"dynamic":[{"key":"floor","value":"${mqtt.message.userProperties.floor}"}]})");
  Sample sample = message("plant/l\x01", "x");
  sample.content_type = "json";
  sample.user_properties = {{"floor", "a\tb"}};
  const Config event = routed(sample);
  EXPECT_EQ(event.text("subject"), "plant/l\xEF\xBF\xBD");
  EXPECT_EQ(event.text("datacontenttype"), "application/octet-stream");
  EXPECT_EQ(event.text("floor"), "ab");
  EXPECT_THAT(
      refusal(R"({"topicFilters":["#"],"topic":"orders","enrichments":{"static":[{"key":"a","value":"a\tb"}]}})"),
      HasSubstr("control"));
}

TEST_F(Routing, ManyMessagesThatNobodyWantsAreOneAfterTheOther) {
  bench.host.refuse_offers(true);
  route(R"(,"filtersConfiguration":{"includedEventTypes":["other"]})");
  for (int i = 0; i < 5000; ++i) bench.host.publish(message("plant/l1", "x"));
  bench.host.advance(seconds(60));
  EXPECT_EQ(count("filtered"), 5000);
}

TEST_F(Routing, EnrichmentsAreAttributes) {
  route(R"(,"enrichments":{"static":[{"key":"namespaceid","value":"123","valueType":"string"}],"dynamic":[
    {"key":"clientname","value":"${client.authenticationName}"},{"key":"session","value":"${client.sessionName}"},
    {"key":"clienttype","value":"${client.attributes.type}"},
    {"key":"floor","value":"${mqtt.message.userProperties.floor}"},
    {"key":"odd","value":"${mqtt.message.userProperties['a\\'b c']}"},
    {"key":"mqtttopic","value":"${mqtt.message.topicName}"},{"key":"answer","value":"${mqtt.message.responseTopic}"},
    {"key":"correlation","value":"${mqtt.message.correlationData}"},{"key":"pfi","value":"${mqtt.message.pfi}"},
    {"key":"qos","value":"${mqtt.message.qos}"},{"key":"kept","value":"${mqtt.message.retain}"},
    {"key":"media","value":"${mqtt.message.contentType}"},{"key":"ns","value":"${namespace}"}]})");
  Sample sample = message("plant/b17", "x");
  sample.user_properties = {{"floor", "1"}, {"a'b c", "odd"}, {"floor", "2"}};
  sample.response_topic = "answers";
  sample.correlation_data = "req1";
  sample.content_type = "text/x";
  const Config event = routed(sample);
  const std::vector<std::pair<std::string, std::string>> wanted{{"namespaceid", "123"},
                                                                {"clientname", "press-04-auth"},
                                                                {"session", "press-04"},
                                                                {"clienttype", ""},
                                                                {"floor", "1,2"},
                                                                {"odd", "odd"},
                                                                {"mqtttopic", "plant/b17"},
                                                                {"answer", "answers"},
                                                                {"correlation", "cmVxMQ=="},
                                                                {"media", "text/x"},
                                                                {"ns", "default"}};
  for (const auto& [name, value] : wanted) EXPECT_EQ(event.text(name), value) << name;
  EXPECT_EQ(event.integer("pfi"), 0);
  EXPECT_EQ(event.integer("qos"), 1);
  EXPECT_EQ(event.integer("kept"), 0);
}

TEST_F(Routing, AnEnrichmentWinsOverWhatTheClientSays) {
  route(R"(,"enrichments":{"static":[{"key":"tenant","value":"ours"}]})");
  Sample structured = message("plant/l1", EventsBench::event("mine", R"(,"tenant":"theirs")"));
  structured.content_type = "application/cloudevents+json";
  EXPECT_EQ(routed(structured).text("tenant"), "ours");
}

TEST_F(Routing, OnlyWhatFitsIsRouted) {
  route(R"(,"filtersConfiguration":{"filters":[{"operatorType":"NumberGreaterThan","key":"data.rpm","value":500}]})");
  Sample sample = message("plant/l1", R"({"rpm":100})");
  sample.is_text = true;
  bench.host.publish(sample);
  sample.topic = "elsewhere";
  sample.payload = R"({"rpm":900})";
  bench.host.publish(sample);
  EXPECT_TRUE(bench.receive().empty());
  EXPECT_EQ(count("filtered"), 1);
  sample.topic = "plant/l1";
  EXPECT_EQ(routed(sample).object("data").integer("rpm"), 900);
}

TEST_F(Routing, WhatTheBrokerSaysIsNotRouted) {
  route("", R"("#")");
  bench.host.publish({.topic = "plant/l1", .payload = "x", .qos = 1});
  EXPECT_TRUE(bench.receive().empty());
  EXPECT_EQ(count("filtered"), 1);
}

TEST_F(Routing, MessagesWaitWhereTheStoreTakesNothing) {
  route();
  bench.host.refuse_offers(true);
  bench.host.publish(message("plant/l1", "x"));
  bench.host.advance(seconds(9));
  EXPECT_EQ(count("retried"), 9) << "fewer at a time are tried at once";
  bench.host.refuse_offers(false);
  EXPECT_EQ(count("routed"), 0) << "it is tried again after 10 s";
  bench.host.advance(seconds(1));
  EXPECT_EQ(bench.receive().size(), 1u);
  EXPECT_EQ(count("routed"), 1);
}

TEST(RoutingToAFullTopic, TakesAsManyAsThereIsRoomFor) {
  EventsBench bench(R"({"queued_events":10})");
  bench.put("routes", "all", R"({"topicFilters":["plant/#"],"topic":"orders"})");
  bench.host.refuse_offers(true);
  for (int i = 0; i < 10; ++i) bench.host.publish(message("plant/l1", std::to_string(i)));
  bench.host.refuse_offers(false);
  std::size_t got = 0;
  for (int i = 0; i < 10 && got < 10; ++i) {
    const auto some = bench.receive(3);
    for (const Received& one : some) got += bench.settled("acknowledge", {one.token});
    bench.host.advance(seconds(60));
  }
  EXPECT_EQ(got, 10u);
}

TEST_F(Routing, ARouteFollowsItsResource) {
  route();
  route("", R"("other/+")");
  bench.host.publish(message("plant/l1", "x"));
  EXPECT_TRUE(bench.receive().empty());
  EXPECT_EQ(routed(message("other/1", "x")).text("subject"), "other/1");
  ASSERT_EQ(bench.host.remove_resource("routes", "all"), "");
  bench.host.publish(message("other/1", "x"));
  EXPECT_TRUE(bench.receive().empty());
}

class RoutingOfANamespace : public Routing {
 protected:
  std::string settle(std::string_view spaces) {
    const std::string why = bench.host.put_resource("namespaces", "default",
                                                    R"({"topicSpacesConfiguration":{)" + std::string(spaces) + "}}");
    bench.host.turn();
    return why;
  }
};

TEST_F(RoutingOfANamespace, TakesAllMessages) {
  ASSERT_EQ(
      settle(
          R"("routeTopicResourceId":"/subscriptions/s/providers/Microsoft.EventGrid/namespaces/default/topics/orders",
    "routingIdentityInfo":{"type":"SystemAssigned"},"routingEnrichments":{
    "static":[{"key":"site","valueType":"String","value":"north"}],
    "dynamic":[{"key":"who","value":"${client.authenticationName}"}]})"),
      "");
  const Config event = routed(message("any/topic", "x"));
  EXPECT_EQ(event.text("subject"), "any/topic");
  EXPECT_EQ(event.text("site"), "north");
  EXPECT_EQ(event.text("who"), "press-04-auth");
  EXPECT_EQ(count("routed"), 1);
  bench.host.publish(message("$own/topic", "x"));
  bench.host.turn();
  EXPECT_TRUE(bench.receive().empty()) << "no topic that begins with $";
  EXPECT_EQ(bench.host.remove_resource("topics", "orders"), "topics/orders cannot go: namespaces/default names it");
}

TEST_F(RoutingOfANamespace, StandsBesideRoutes) {
  bench.put("topics", "others");
  route();
  ASSERT_EQ(settle(R"("routeTopicResourceId":"others")"), "");
  bench.host.publish(message("plant/l1", "x"));
  bench.host.turn();
  EXPECT_EQ(bench.receive().size(), 1u);
  EXPECT_EQ(count("routed"), 2);
}

TEST_F(RoutingOfANamespace, FollowsItsResource) {
  ASSERT_EQ(settle(R"("routeTopicResourceId":"orders")"), "");
  EXPECT_EQ(routed(message("a", "x")).text("subject"), "a");
  bench.put("topics", "others");
  bench.put("eventSubscriptions", "others/audit");
  ASSERT_EQ(settle(R"("routeTopicResourceId":"others")"), "");
  bench.host.publish(message("b", "x"));
  bench.host.turn();
  EXPECT_EQ(count("routed"), 2);
  EXPECT_TRUE(bench.receive().empty());
  ASSERT_EQ(settle(""), "");
  bench.host.publish(message("c", "x"));
  bench.host.turn();
  EXPECT_EQ(count("routed"), 2);
}

TEST_F(RoutingOfANamespace, WhatIsWrongIsRefused) {
  EXPECT_EQ(settle(R"("routeTopicResourceId":"nowhere")"),
            "/topicSpacesConfiguration/routeTopicResourceId: topics/nowhere is not there");
  const auto enriched = [&](std::string_view items) {
    return settle(R"("routeTopicResourceId":"orders","routingEnrichments":{"static":[)" + std::string(items) + "]}");
  };
  EXPECT_EQ(
      enriched(R"({"key":"Site","value":"x"})"),
      "/topicSpacesConfiguration/routingEnrichments/static/0/key: expected 1 to 20 small letters and digits, none "
      "of CloudEvents' own attributes and not beginning with azsp, found \"Site\"");
  std::string many;
  for (int i = 0; i < 21; ++i)
    many += std::string(i == 0 ? "" : ",") + R"({"key":"a)" + std::to_string(i) + R"(","value":"x"})";
  EXPECT_EQ(enriched(many), "/topicSpacesConfiguration/routingEnrichments/static/20: more than 20 enrichments");
}

TEST_F(Routing, WhatIsWrongIsRefused) {
  EXPECT_THAT(refusal(R"({"topicFilters":["a/#/b"],"topic":"orders"})"),
              HasSubstr("/topicFilters/0: expected a topic filter"));
  EXPECT_THAT(refusal(R"({"topicFilters":["#"],"topic":"nowhere"})"), HasSubstr("nowhere"));
  const auto enriched = [&](std::string_view item, std::string_view list = "dynamic") {
    return refusal(R"({"topicFilters":["#"],"topic":"orders","enrichments":{")" + std::string(list) + "\":[" +
                   std::string(item) + "]}}");
  };
  for (const char* key : {"Name", "azspx", "data", "aaaaaaaaaaaaaaaaaaaaa", ""}) {
    EXPECT_THAT(enriched(R"({"key":")" + std::string(key) + R"(","value":"x"})", "static"), HasSubstr("/key"));
  }
  EXPECT_THAT(enriched(R"({"key":"a","value":"x"})"), HasSubstr("expected one expression"));
  EXPECT_THAT(enriched(R"({"key":"a","value":"${mqtt.message.userProperties['x]}"})"),
              HasSubstr("expected one expression"));
  EXPECT_THAT(enriched(R"({"key":"a","value":"x"},{"key":"a","value":"y"})", "static"), HasSubstr("there twice"));
  EXPECT_THAT(enriched(R"({"key":"a","value":")" + std::string(129, 'x') + "\"}", "static"), HasSubstr("128"));
}

}  // namespace
}  // namespace events_service::testing

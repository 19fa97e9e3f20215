// What an event is in the queue.
#include "fixture.hpp"

namespace amqp {
namespace {

using namespace amqp::testing;

class InTheQueue : public HandlerTest {};

TEST_F(InTheQueue, AnEventIsTheBodyAsItWasPublished) {
  const Sample sample = event("a-1", R"(,"subject":"s/1",  "n":5,"data":{"n":1.50})");
  const auto message = message_of(open(), sample);
  EXPECT_EQ(message.body, sample.payload);
  EXPECT_EQ(message.content_type, "application/cloudevents+json; charset=utf-8");
  EXPECT_EQ(message.id, "a-1");
  EXPECT_EQ(message.subject, "s/1");
  EXPECT_TRUE(message.durable);
  EXPECT_TRUE(message.properties.empty());
}

TEST_F(InTheQueue, InBinaryModeAttributesAreProperties) {
  const auto message = message_of(open(R"(, "mode": "binary")"),
                                  event("ä-1", R"(,"datacontenttype":"application/json","count":5,"data":{"n":1.50})"));
  EXPECT_EQ(message.body, R"({"n":1.50})");
  EXPECT_EQ(message.content_type, "application/json");
  EXPECT_EQ(message.id, "ä-1");
  EXPECT_EQ(message.property("cloudEvents:id"), "ä-1");
  EXPECT_EQ(message.property("cloudEvents:specversion"), "1.0");
  EXPECT_EQ(message.property("cloudEvents:source"), "/shop");
  EXPECT_EQ(message.property("cloudEvents:type"), "shop.order.created");
  EXPECT_EQ(message.property("cloudEvents:count"), "5");
  EXPECT_EQ(message.properties.size(), 5u);
}

TEST_F(InTheQueue, DataMayBeAnyBytes) {
  const auto message = message_of(open(R"(, "mode": "binary")"), event("b", R"(,"data_base64":"AAEC")"));
  EXPECT_EQ(message.body, std::string("\0\1\2", 3));
}

TEST_F(InTheQueue, PropertiesOfTheSubscriptionsOwnAreThere) {
  const auto message = message_of(
      open(R"(, "deliveryAttributeMappings": [{"name": "tenant", "type": "Static", "properties": {"value": "acmé"}},
             {"name": "order", "type": "Dynamic", "properties": {"sourceField": "data.id"}},
             {"name": "SessionId", "type": "Static", "properties": {"value": "plain"}},
             {"name": "missing", "type": "Dynamic", "properties": {"sourceField": "data.none"}}])"),
      event("a", R"(,"data":{"id":12})"));
  EXPECT_EQ(message.property("tenant"), "acmé");
  EXPECT_EQ(message.property("order"), "12");
  EXPECT_EQ(message.property("missing"), "none");
  EXPECT_EQ(message.property("SessionId"), "plain") << "only Service Bus has a property of that name";
}

TEST_F(InTheQueue, AtServiceBusSomeAreTheMessagesOwn) {
  const auto destination = load().open(service_bus(
      R"(, "deliveryAttributeMappings": [{"name": "SessionId", "type": "Dynamic", "properties": {"sourceField": "subject"}},
             {"name": "PartitionKey", "type": "Static", "properties": {"value": "p"}},
             {"name": "CorrelationId", "type": "Static", "properties": {"value": "c"}},
             {"name": "Label", "type": "Static", "properties": {"value": "l"}},
             {"name": "other", "type": "Static", "properties": {"value": "o"}}])"));
  const auto message = message_of(destination, event("a", R"(,"subject":"s")"));
  EXPECT_EQ(message.group, "s");
  EXPECT_EQ(message.partition_key, "p");
  EXPECT_EQ(message.correlation, "c");
  EXPECT_EQ(message.subject, "l");
  EXPECT_EQ(message.properties, (std::map<std::string, std::string>{{"other", "o"}}));
}

TEST_F(InTheQueue, AMessageThatIsNoEventGoesAsItIs) {
  const auto message = message_of(
      load().open(block(R"(, "mode": "binary")", false)),
      {.topic = "plant/l1", .payload = "21", .user_properties = {{"line", "1"}}, .content_type = "text/plain"});
  EXPECT_EQ(message.body, "21");
  EXPECT_EQ(message.content_type, "text/plain");
  EXPECT_EQ(message.subject, "plant/l1");
  EXPECT_EQ(message.property("mqtt-topic"), "plant/l1");
  EXPECT_EQ(message.property("mqtt-property-line"), "1");
}

TEST_F(InTheQueue, AnEventThatIsNoneIsRefusedAndOthersAreNot) {
  const auto watches = open(R"(, "mode": "binary")").deliver({event("a"), {.topic = "t", .payload = "{"}, event("b")});
  EXPECT_EQ(watches[1].outcome(), Settled::refused);
  EXPECT_EQ(watches[1].cause(), Cause::bad_request);
  auto broker = peer();
  ASSERT_EQ(broker.messages().size(), 2u);
  EXPECT_EQ(broker.messages()[1].id, "b");
}

}  // namespace
}  // namespace amqp

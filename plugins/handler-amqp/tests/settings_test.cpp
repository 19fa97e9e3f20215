// Blocks that cannot work are refused with a sentence.
#include <fstream>
#include <iterator>
#include <trellis/json.hpp>

#include "fixture.hpp"

namespace amqp {
namespace {

using namespace amqp::testing;

class Blocks : public HandlerTest {
 protected:
  std::string refusal(const std::string& properties, const std::string& type = "Amqp") const {
    return plugin_.refusal(R"({"endpointType": ")" + type + R"(", "properties": {)" + properties + "}}");
  }
  /// Of a block that is right so far.
  std::string refusal_with(const std::string& more) const {
    return refusal(R"("host": "b1.example.org", "tls": true, "address": "orders")" + more);
  }
  const Driver plugin_ = load();
};

TEST_F(Blocks, NeedAHostAndAnAddress) {
  EXPECT_EQ(refusal_with(""), "");
  EXPECT_EQ(plugin_.refusal("{}"), R"(the block: "properties" is missing)");
  EXPECT_EQ(refusal(R"("address": "orders")"), R"(/properties: "host" is missing)");
  EXPECT_EQ(refusal(R"("host": "b1")"), R"(/properties: "address" is missing)");
  EXPECT_EQ(refusal("", "WebHook"),
            R"(/endpointType: "WebHook" is not one of "Amqp", "ServiceBusQueue", "ServiceBusTopic")");
  EXPECT_EQ(refusal_with(R"(, "adress": "x")"), R"(/properties: unknown key "adress"; did you mean "address"?)");
  EXPECT_THAT(refusal(R"("host": "b1:5671", "tls": true, "address": "orders")"), StartsWith("/properties/host: found"));
  EXPECT_EQ(refusal(R"("host": "b1", "tls": true, "address": "a\u0000b")"),
            "/properties/address: has control characters, or is no UTF-8");
}

TEST_F(Blocks, AreNotSentInClearText) {
  EXPECT_THAT(refusal(R"("host": "b1", "tls": false, "address": "orders")"),
              StartsWith("/properties/tls: found false"));
  EXPECT_EQ(refusal(R"("host": "localhost", "tls": false, "address": "orders")"), "");
  TestHost other;
  EXPECT_EQ(other.load<AmqpHandler>(R"({"allow_clear_text": true})")
                .refusal(R"({"properties": {"host": "b1", "tls": false, "address": "orders"}})"),
            "");
}

TEST_F(Blocks, SayWhoTheBrokerIs) {
  EXPECT_EQ(refusal_with(R"(, "sasl": {"username": "a", "password": "p"})"), "");
  EXPECT_EQ(refusal_with(R"(, "sasl": {"mechanism": "EXTERNAL"})"), "");
  EXPECT_EQ(refusal_with(R"(, "sasl": {})"), "/properties/sasl: PLAIN needs a username");
  EXPECT_EQ(refusal_with(R"(, "sasl": {"mechanism": "EXTERNAL", "username": "a"})"),
            "/properties/sasl: username and password belong to the mechanism PLAIN");
  EXPECT_EQ(refusal(R"("host": "::1", "tls": false, "address": "o", "sasl": {"mechanism": "EXTERNAL"})"),
            "/properties/sasl/mechanism: EXTERNAL shows a certificate, and needs tls to be true");
  EXPECT_EQ(refusal_with(R"(, "sasl": {"username": "a", "password": "SECRET\u0000x"})"),
            "/properties/sasl: username or password has a zero character");
}

TEST_F(Blocks, PropertiesAreNotTheBindingsOwn) {
  for (const std::string name : {"cloudEvents:id", "cloudEvents_id"}) {
    EXPECT_EQ(refusal_with(R"(, "deliveryAttributeMappings": [{"name": ")" + name +
                           R"(", "type": "Static", "properties": {"value": "v"}}])"),
              "/properties/deliveryAttributeMappings/0/name: that property is the handler's own");
  }
}

TEST_F(Blocks, OfServiceBusNeedAConnectionString) {
  const std::string right = "Endpoint=sb://plant.servicebus.windows.net/;SharedAccessKeyName=n;SharedAccessKey=SECRET";
  const auto with = [&](const std::string& text, const std::string& more = {},
                        const std::string& type = "ServiceBusQueue") {
    return refusal(R"("connectionString": ")" + text + "\"" + more, type);
  };
  EXPECT_EQ(with(right + ";EntityPath=orders"), "");
  EXPECT_EQ(with(right, R"(, "queue": "orders")"), "");
  EXPECT_EQ(with(right, R"(, "topic": "orders")", "ServiceBusTopic"), "");
  EXPECT_EQ(with(right), R"(/properties: "queue" is missing, and connectionString has no EntityPath)");
  EXPECT_EQ(with(right + ";EntityPath=a", R"(, "topic": "b")", "ServiceBusTopic"),
            "/properties/topic: is another one than the EntityPath of connectionString");
  EXPECT_EQ(with("Endpoint=https://SECRET"), "/properties/connectionString: Endpoint does not begin with sb://");
  EXPECT_EQ(refusal("", "ServiceBusQueue"), R"(/properties: "connectionString" is missing)");
  EXPECT_THAT(
      with("Endpoint=sb://other;SharedAccessKeyName=n;SharedAccessKey=SECRET;UseDevelopmentEmulator=true;EntityPath=q"),
      StartsWith("/properties/connectionString/tls: found false"));
}

TEST_F(Blocks, OfServiceBusLeadToItsHost) {
  const auto destination = plugin_.open(service_bus());
  destination.deliver({event()});
  const auto dials = host_.dials();
  ASSERT_EQ(dials.size(), 1u);
  EXPECT_EQ(dials[0].host, "plant.servicebus.windows.net");
  EXPECT_EQ(dials[0].port, 5671u);
  EXPECT_TRUE(dials[0].secure);
  auto broker = peer();
  EXPECT_EQ(broker.host_name(), "plant.servicebus.windows.net");
  EXPECT_EQ(broker.login(), "PLAIN " + std::string("\0ada\0secret", 11));
  EXPECT_EQ(broker.address(), "orders");
}

TEST(Manual, NamesEveryPropertyOfADestination) {
  std::ifstream file(AMQP_MANUAL);
  const std::string manual(std::istreambuf_iterator<char>(file), {});
  for (const std::string type : {"Amqp", "ServiceBusQueue", "ServiceBusTopic"}) {
    const std::string text = target_schema(type).json();
    const auto schema = trellis::json::parse(text).value();
    const auto* properties = schema.find("properties")->find("properties")->find("properties");
    ASSERT_GT(properties->keys.size(), 6u);
    for (const std::string& name : properties->keys) EXPECT_THAT(manual, HasSubstr("`" + name + "`"));
  }
}

}  // namespace
}  // namespace amqp

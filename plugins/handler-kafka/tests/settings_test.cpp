// Blocks that cannot work are refused with a sentence, and what works is what the library is told.
#include <fstream>
#include <iterator>
#include <trellis/json.hpp>

#include "fixture.hpp"

namespace kafka {
namespace {

using namespace kafka::testing;

class Blocks : public HandlerTest {
 protected:
  std::string refusal(const std::string& properties, const std::string& type = "Kafka") const {
    return plugin_.refusal(R"({"endpointType": ")" + type + R"(", "properties": {)" + properties + "}}");
  }
  /// Of a block that is right so far.
  std::string refusal_with(const std::string& more) const {
    return refusal(R"("bootstrapServers": "b1.example.org:9093", "topic": "orders")" + more);
  }
  const Driver plugin_ = load(R"(, "message_timeout_max": "1m")");
};

TEST_F(Blocks, NeedServersAndATopic) {
  EXPECT_EQ(refusal_with(""), "");
  EXPECT_EQ(plugin_.refusal("{}"), R"(the block: "properties" is missing)");
  EXPECT_EQ(refusal(R"("topic": "orders")"), R"(/properties: "bootstrapServers" is missing)");
  EXPECT_EQ(refusal(R"("bootstrapServers": "b1:9092", "tls": true)"), R"(/properties: "topic" is missing)");
  EXPECT_EQ(refusal("", "WebHook"), R"(/endpointType: "WebHook" is not one of "Kafka", "EventHub")");
  EXPECT_EQ(refusal_with(R"(, "bootstrapServer": "x")"),
            R"(/properties: unknown key "bootstrapServer"; did you mean "bootstrapServers"?)");
}

TEST_F(Blocks, ServersHaveAPort) {
  const auto with = [&](const std::string& servers) {
    return refusal(R"("topic": "t", "bootstrapServers": ")" + servers + "\"");
  };
  EXPECT_EQ(with("b1:9092,b2.example.org:9093,[2001:db8::1]:9092"), "");
  for (const std::string wrong : {"b1", "b1:", "b1:0", "b1:99999", "b1:9092,", ":9092", "ssl://b1:9092", "b 1:9092",
                                  "[b1]:9092", "b1:9092, b2:9092"}) {
    EXPECT_THAT(with(wrong), HasSubstr("is not of the form host:port")) << wrong;
  }
}

TEST_F(Blocks, TopicsHaveNames) {
  for (const std::string wrong : {"a b", "..", ".", "a/b", "ä"}) {
    EXPECT_THAT(refusal(R"("bootstrapServers": "b1:9092", "topic": ")" + wrong + "\""),
                StartsWith("/properties/topic: is no name of a topic"))
        << wrong;
  }
}

TEST_F(Blocks, AreNotSentInClearText) {
  EXPECT_THAT(refusal_with(R"(, "tls": false)"), StartsWith("/properties/tls: is false"));
  EXPECT_EQ(refusal(R"("topic": "t", "tls": false, "bootstrapServers": "127.0.0.1:9092,localhost:9092,[::1]:9092")"),
            "");
  EXPECT_THAT(refusal(R"("topic": "t", "tls": false, "bootstrapServers": "127.0.0.1:9092,b1:9092")"),
              StartsWith("/properties/tls: is false"));
  TestHost other;
  EXPECT_EQ(other.load<KafkaHandler>(R"({"allow_plaintext": true})").refusal(block("b1:9092")), "");
}

TEST_F(Blocks, HaveBounds) {
  EXPECT_EQ(refusal_with(R"(, "messageTimeout": "61s")"),
            "/properties/messageTimeout: is longer than the plugin's message_timeout_max, which is 60000 ms");
  EXPECT_THAT(refusal_with(R"(, "maxMessageBytes": "1GiB")"),
              StartsWith("/properties/maxMessageBytes: is out of range"));
  EXPECT_THAT(refusal_with(R"(, "maxEventsPerBatch": 5001)"),
              StartsWith("/properties/maxEventsPerBatch: is out of range"));
  EXPECT_EQ(refusal_with(R"(, "clientKey": "k")"), "/properties: clientCertificate and clientKey belong together");
}

TEST_F(Blocks, HeadersAreNotTheBindingsOwn) {
  const auto with = [&](const std::string& name) {
    return refusal_with(R"(, "deliveryAttributeMappings": [{"name": ")" + name +
                        R"(", "type": "Static", "properties": {"value": "v"}}])");
  };
  EXPECT_EQ(with("tenant"), "");
  for (const std::string wrong : {"ce_id", "CE_x", "Content-Type"}) {
    EXPECT_EQ(with(wrong), "/properties/deliveryAttributeMappings/0/name: that header is the handler's own");
  }
}

TEST_F(Blocks, SecretsAreInNoRefusal) {
  for (
      const std::string& more :
      {std::string(R"(, "sasl": {"username": "a", "password": "SECRET", "mechanism": "NONE"})"),
       std::string(R"(, "sasl": {"password": "SECRET"})"), std::string(R"(, "connectionString": "SECRET")"),
       std::string(R"(, "clientKey": "SECRET")"),
       std::string(
           R"(, "deliveryAttributeMappings": [{"name": "x", "type": "Static", "properties": {"value": "SECRET\u0001"}}])")}) {
    const std::string said = refusal_with(more);
    EXPECT_NE(said, "");
    EXPECT_THAT(said, Not(HasSubstr("SECRET")));
  }
}

TEST_F(Blocks, EventHubsNeedAConnectionString) {
  const auto with = [&](const std::string& text, const std::string& more = {}) {
    return refusal(R"("connectionString": ")" + text + "\"" + more, "EventHub");
  };
  const std::string right = "Endpoint=sb://plant.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=S==";
  EXPECT_EQ(with(right + ";EntityPath=orders"), "");
  EXPECT_EQ(with(right, R"(, "topic": "orders")"), "");
  EXPECT_EQ(with(right), R"(/properties: "topic" is missing, and connectionString has no EntityPath)");
  EXPECT_EQ(with(right + ";EntityPath=a", R"(, "topic": "b")"),
            "/properties/topic: is another one than the EntityPath of connectionString");
  EXPECT_EQ(with("Endpoint=https://x"), "/properties/connectionString: Endpoint does not begin with sb://");
  EXPECT_EQ(refusal(R"("topic": "t")", "EventHub"), R"(/properties: "connectionString" is missing)");
  EXPECT_EQ(with(right, R"(, "topic": "t", "bootstrapServers": "b1:9092")"),
            "/properties/bootstrapServers: belongs to the endpointType Kafka");
}

class Told : public ::testing::Test {
 protected:
  /// What the library is told, of a block's properties.
  Conf conf(const std::string& properties, const std::string& type = "Kafka") {
    TestHost host;
    const auto settings =
        read_settings(trellis::Config::parse(R"({"message_timeout": 30000, "message_timeout_max": 60000,
      "flush_timeout": 5000, "linger": 5, "reconnect_max": 5000, "queue_events": 10, "queue_bytes": 1048576, "clients": 1,
      "ca_file": "/etc/ca.pem", "allow_plaintext": false, "allow": []})")
                          .value());
    const auto target = read_target(
        trellis::Config::parse(R"({"endpointType": ")" + type + R"(", "properties": {)" + properties + "}}").value(),
        settings.value());
    return target.value()->client.conf().value();
  }
  static std::string value(const Conf& conf, const std::string& name) {
    std::array<char, 2048> out{};
    std::size_t size = out.size();
    if (rd_kafka_conf_get(conf.get(), name.c_str(), out.data(), &size) != RD_KAFKA_CONF_OK) return "none";
    return out.data();
  }
};

TEST_F(Told, EveryReplicaAcknowledgesAndWaitsEnd) {
  const auto all = conf(R"("bootstrapServers": "b1:9093", "topic": "t", "messageTimeout": "20s")");
  EXPECT_EQ(value(all, "enable.idempotence"), "true");
  EXPECT_EQ(value(all, "message.timeout.ms"), "20000");
  EXPECT_EQ(value(all, "security.protocol"), "ssl");
  EXPECT_EQ(value(all, "ssl.endpoint.identification.algorithm"), "https");
  EXPECT_EQ(value(all, "enable.ssl.certificate.verification"), "true");
  EXPECT_EQ(value(all, "ssl.ca.location"), "/etc/ca.pem");
  EXPECT_EQ(value(all, "message.max.bytes"), "1048576");
  EXPECT_EQ(value(all, "client.id"), "trellis");
}

TEST_F(Told, WhoTheBrokerIs) {
  const auto all = conf(R"("bootstrapServers": "b1:9093", "topic": "t", "sasl": {"username": "ada", "password": "p"})");
  EXPECT_EQ(value(all, "security.protocol"), "sasl_ssl");
  EXPECT_EQ(value(all, "sasl.mechanisms"), "SCRAM-SHA-512");
  EXPECT_EQ(value(all, "sasl.username"), "ada");
  EXPECT_EQ(value(all, "sasl.password"), "p");
}

TEST_F(Told, WhatAConnectionStringMeans) {
  const std::string text =
      "Endpoint=sb://plant.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=S==;EntityPath=orders";
  const auto all = conf(R"("connectionString": ")" + text + "\"", "EventHub");
  EXPECT_EQ(value(all, "bootstrap.servers"), "plant.servicebus.windows.net:9093");
  EXPECT_EQ(value(all, "security.protocol"), "sasl_ssl");
  EXPECT_EQ(value(all, "sasl.mechanisms"), "PLAIN");
  EXPECT_EQ(value(all, "sasl.username"), "$ConnectionString");
  EXPECT_EQ(value(all, "sasl.password"), text);
  EXPECT_EQ(value(conf(R"("connectionString": "Endpoint=sb://localhost;SharedAccessKeyName=a;SharedAccessKey=b;)"
                       R"(UseDevelopmentEmulator=true;EntityPath=eh1")",
                       "EventHub"),
                  "security.protocol"),
            "sasl_plaintext");
}

TEST(Settings, OfThePlugin) {
  const auto refusal = [](const std::string& settings) {
    TestHost host;
    return host.refusal<KafkaHandler>(settings);
  };
  EXPECT_EQ(refusal("{}"), "");
  EXPECT_EQ(refusal(R"({"message_timeout": "3m"})"),
            "/message_timeout: is longer than message_timeout_max, the longest that a destination may say");
  EXPECT_THAT(refusal(R"({"allow": ["10.0.0.0/8", "here"]})"), StartsWith("/allow/1: \"here\" is no address"));
}

TEST(Manual, NamesEveryPropertyOfADestination) {
  std::ifstream file(KAFKA_MANUAL);
  const std::string manual(std::istreambuf_iterator<char>(file), {});
  const std::string text = target_schema().json();
  const auto schema = trellis::json::parse(text).value();
  const auto* properties = schema.find("properties")->find("properties")->find("properties");
  ASSERT_GT(properties->keys.size(), 15u);
  for (const std::string& name : properties->keys) EXPECT_THAT(manual, HasSubstr("`" + name + "`"));
}

}  // namespace
}  // namespace kafka

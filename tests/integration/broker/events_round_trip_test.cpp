// Events of MQTT clients go through routes and topics to receivers, webhooks and back to MQTT clients, and are the
// same: random ones, with random attributes and data.
#include <gmock/gmock.h>
#include <json/json.h>

#include <map>
#include <random>

#include "json.hpp"
#include "support/endpoint.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

struct Made {
  std::map<std::string, std::string> attributes;  // all but the content type
  std::string content_type;
  std::string payload;
  bool json = false;
};

class Maker {
 public:
  explicit Maker(std::uint32_t seed) : random_(seed) {}

  Made event(std::size_t number) {
    Made made;
    made.attributes = {{"specversion", "1.0"},
                       {"id", "e" + std::to_string(number)},
                       {"source", "/" + pick({"shop", "plant/hall%207", "a%20b", "x:y", "%C3%A9t%C3%A9"})},
                       {"type", pick({"order.created", "t", "com.example.\xE2\x82\xAC", "A-b_c"})}};
    if (below(2) == 0) made.attributes["subject"] = text(1 + below(20), false);
    if (below(3) == 0) made.attributes["time"] = pick({"2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456789+01:00"});
    if (below(4) == 0) made.attributes["dataschema"] = pick({"https://example.org/s?v=1#x", "urn:schema:1"});
    for (std::uint32_t i = below(6); i > 0; --i) made.attributes[name()] = value();
    data(made);
    return made;
  }

 private:
  std::uint32_t below(std::uint32_t most) { return static_cast<std::uint32_t>(random_() % most); }
  std::string pick(std::initializer_list<const char*> of) {
    return *(of.begin() + below(static_cast<std::uint32_t>(of.size())));
  }
  std::string name() {
    std::string made(1 + below(12), 'x');
    for (char& c : made) c = "abcdefghijklmnopqrstuvwxyz0123456789"[below(36)];
    return "x" + made;  // none of the standard's own
  }
  std::string value() {
    switch (below(5)) {
      case 0:
        return std::to_string(static_cast<std::int32_t>(random_()));
      case 1:
        return pick({"true", "false"});
      case 2:
        return "AAEC/w==";
      case 3:
        return "2026-01-02T03:04:05Z";
      default:
        return text(below(30), true);
    }
  }
  // Characters an attribute may have; the first of a subject is no level of a topic by itself.
  std::string text(std::uint32_t size, bool any) {
    static constexpr const char* kPieces[] = {
        "a", "Z", "0", " ", "\"", "\\", "%", "/", "\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "<", "'", "{"};
    std::string made;
    for (std::uint32_t i = 0; i < size; ++i) made += kPieces[below(any ? 14 : 3)];
    return made;
  }
  void data(Made& made) {
    switch (below(4)) {
      case 0:
        made.content_type = "application/json";
        made.json = true;
        made.payload = pick({R"({"b":1.50,"a":[ 2.0, 1e3 ]})", "17", "\"text \\u00e9 \\/\"", "null", "[]",
                             "{ \"deep\" : { \"x\" : -0.0 } }"});
        break;
      case 1:
        made.content_type = pick({"text/plain", "text/plain; charset=utf-8", "application/xml"});
        made.payload = text(below(100), true);
        break;
      case 2:
        made.content_type = pick({"application/octet-stream", "image/png"});
        for (std::uint32_t i = below(200); i > 0; --i) made.payload += static_cast<char>(below(256));
        break;
      default:
        break;  // no data, no content type
    }
  }
  std::mt19937 random_;
};

class EventsRoundTrip : public SiteTest {
 protected:
  void begin(const Endpoint& endpoint, const std::string& mode) {
    folder_.write("events.json", R"({"topics": {"orders": {"mqtt": ")" + mode + R"("}}, "eventSubscriptions": {
      "orders/audit": {}, "orders/hook": {"deliveryConfiguration": {"deliveryMode": "Push", "push": {"destination":
        {"endpointType": "WebHook", "properties": {"endpointUrl": ")" +
                                     endpoint.url() + R"(", "validation": "none"}}}}}},
      "routes": {"all": {"topicFilters": ["in/#"], "topic": "orders"}}})");
    start({.shards = 2,
           .plugins = R"("handler-webhook": {}, "service-events": {"config": {"wide_ranges": true,
                          "access": {"anonymous": true}}})",
           .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                            "services": {"/": "service-events"}},)",
           .root = R"("outbound": {"allow": ["127.0.0.0/8"]}, "resources": ")" + folder_.path() + "\""});
  }
  void publish_binary(RawClient& client, const Made& made) {
    Properties properties;
    if (!made.content_type.empty()) properties.add(Prop::content_type, made.content_type);
    for (const auto& [name, value] : made.attributes) properties.user(name, value);
    client.publish({.topic = "in/x", .payload = made.payload, .qos = 1, .properties = properties});
  }
  /// The events that are pulled, as they stand in the answer, by id.
  std::map<std::string, std::string> pull(std::size_t wanted) {
    std::map<std::string, std::string> events;
    HttpClient client(broker().port("events"));
    for (int tries = 0; tries < 50 && events.size() < wanted; ++tries) {
      client.send(
          "POST /topics/orders/eventsubscriptions/audit:receive?api-version=2024-06-01&maxEvents=1&"
          "maxWaitTime=5 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n");
      const std::string body = client.receive().body;
      const Json::Value read = parse_json(body);
      if (read["value"].empty()) continue;
      tries = 0;
      events[read["value"][0]["event"]["id"].asString()] = body;
    }
    return events;
  }
  TemporaryDirectory folder_;
};

TEST_F(EventsRoundTrip, BinaryEventsStayWhatTheyAre) {
  constexpr std::size_t kEvents = 150;
  std::map<std::string, std::string> posted;
  Endpoint endpoint([&](const Endpoint::Request& request) -> Endpoint::Answer {
    posted[parse_json(request.body)["id"].asString()] = request.body;
    return {};
  });
  begin(endpoint, "binary");
  auto reader = connected();
  reader.subscribe({{.filter = "events/orders/#", .qos = 1}});
  auto writer = connected();
  Maker maker(20261127);
  std::map<std::string, Made> all;
  for (std::size_t i = 0; i < kEvents; ++i) {
    Made made = maker.event(i);
    publish_binary(writer, made);
    all.emplace(made.attributes.at("id"), std::move(made));
  }
  const auto pulled = pull(kEvents);
  ASSERT_EQ(pulled.size(), kEvents) << broker().output();
  EXPECT_TRUE(eventually([&] { return endpoint.requests().size() >= kEvents; }));
  for (std::size_t i = 0; i < kEvents; ++i) {
    const Packet packet = reader.expect(PacketType::publish);
    reader.acknowledge(packet);
    std::map<std::string, std::string> attributes;
    for (const auto& [name, value] : packet.properties.user_properties()) attributes[name] = value;
    ASSERT_TRUE(all.contains(attributes["id"])) << packet.describe() << ::testing::PrintToString(attributes);
    const Made& made = all.at(attributes.at("id"));
    SCOPED_TRACE(attributes.at("id") + " " + made.content_type);
    EXPECT_EQ(attributes, made.attributes);
    EXPECT_EQ(packet.payload, made.payload);
    EXPECT_EQ(packet.properties.text(Prop::content_type).value_or(""), made.content_type);
  }
  for (const auto& [id, made] : all) {
    SCOPED_TRACE(id + " " + made.content_type);
    const Json::Value received = parse_json(pulled.at(id));
    const Json::Value& event = received["value"][0]["event"];
    for (const auto& [name, value] : made.attributes) EXPECT_EQ(event[name].asString(), value) << name;
    EXPECT_EQ(event["datacontenttype"].asString(), made.content_type);
    if (made.json) {
      EXPECT_THAT(pulled.at(id), HasSubstr("\"data\":" + made.payload));
    }
    EXPECT_THAT(pulled.at(id), HasSubstr(posted[id])) << "a webhook gets the same text";
  }
}

// As JSON an event is stored and given back byte by byte.
TEST_F(EventsRoundTrip, StructuredEventsStayTheSameText) {
  std::map<std::string, std::string> posted;
  Endpoint endpoint([&](const Endpoint::Request& request) -> Endpoint::Answer {
    posted[parse_json(request.body)["id"].asString()] = request.body;
    return {};
  });
  begin(endpoint, "structured");
  auto reader = connected();
  reader.subscribe({{.filter = "events/orders/#", .qos = 1}});
  auto writer = connected();
  const std::string events[] = {
      R"({ "specversion" : "1.0", "id" : "a", "source" : "/s", "type" : "t", "flag" : true, "count" : -5, "none" : null,
           "datacontenttype" : "application/json", "data" : { "z" : 1.0, "a" : [ 1e2 , "\u00e9" ] } })",
      R"({"specversion":"1.0","id":"b","source":"/s","type":"t","data_base64":"AAEC/w=="})",
      R"({"type":"t","data":"text","specversion":"1.0","source":"/s","id":"c","datacontenttype":"text/plain"})"};
  for (const std::string& event : events) {
    writer.publish({.topic = "in/x",
                    .payload = event,
                    .qos = 1,
                    .properties = Properties().add(Prop::content_type, "application/cloudevents+json")});
  }
  const auto pulled = pull(std::size(events));
  EXPECT_TRUE(eventually([&] { return endpoint.requests().size() >= std::size(events); }));
  std::map<std::string, std::string> read;
  for (std::size_t i = 0; i < std::size(events); ++i) {
    const Packet packet = reader.expect(PacketType::publish);
    reader.acknowledge(packet);
    read[parse_json(packet.payload)["id"].asString()] = packet.payload;
  }
  for (const std::string& event : events) {
    const std::string id = parse_json(event)["id"].asString();
    EXPECT_EQ(read[id], event);
    EXPECT_EQ(posted[id], event);
    EXPECT_THAT(pulled.at(id), HasSubstr(event));
  }
}

}  // namespace
}  // namespace trellis::testing

// MQTT over HTTP: what HTTP clients publish reaches MQTT clients and the other way round, with the rights of each.
#include <gmock/gmock.h>

#include <cstdlib>

#include "json.hpp"
#include "support/command.hpp"
#include "support/faulty_store.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr const char* kAda = "Authorization: Basic YWRhOnNlY3JldA==\r\n";  // may do all below allowed/
constexpr const char* kBob = "Authorization: Basic Ym9iOnNlY3JldA==\r\n";  // may read allowed/open/#
constexpr const char* kWrong = "Authorization: Basic YWRhOndyb25n\r\n";

class MqttHttp : public SiteTest, public ::testing::WithParamInterface<unsigned> {
 protected:
  void SetUp() override {
    secrets_.write("users", "");
    for (const char* const user : {"ada", "bob", "worker"}) {
      const std::string command = "mosquitto_passwd -b '" + secrets_.path() + "/users' " + user + " secret";
      ASSERT_EQ(std::system(command.c_str()), 0);
    }
    secrets_.write("acl",
                   "user ada\ntopic readwrite allowed/#\ntopic read responses/ada/#\n"
                   "user bob\ntopic read allowed/open/#\n"
                   "user solver\ntopic write allowed/#\n"
                   "user worker\ntopic readwrite #\n");
  }
  /// settings: of the service, without the braces.
  Site site(const std::string& settings = "") const {
    return {.shards = GetParam(),
            .plugins =
                R"("store-journal": {"config": {"path": "store"}}, "authenticator-password": {"config": {"file": ")" +
                secrets_.path() + R"(/users"}}, "authorizer-acl": {"config": {"file": ")" + secrets_.path() +
                R"(/acl", "watch_interval": "100ms"}}, "service-mqtt-http": {"config": {)" + settings + "}}",
            .listeners = R"({"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http",
                             "services": {"/mqtt": "service-mqtt-http"}},)",
            .root = R"("store": "store-journal")",
            .authenticators = R"("authenticator-password")",
            .authorizers = R"("authorizer-acl")"};
  }
  HttpClient web() { return HttpClient(broker().port("web")); }
  static std::string text(const std::string& method, const std::string& path, const std::string& fields,
                          const std::string& body = "") {
    return method + " /mqtt" + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  HttpAnswer ask(const std::string& method, const std::string& path, const std::string& body = "",
                 const std::string& fields = kAda) {
    HttpClient client = web();
    client.send(text(method, path, fields, body));
    return client.receive();
  }
  void publish(const std::string& query, const std::string& body, const std::string& fields = "") {
    const auto answer = ask("POST", "/messages?" + query, body, kAda + fields);
    EXPECT_EQ(answer.status, 204) << answer.body;
  }
  RawClient worker(const std::string& filter) {
    RawClient client = connected(Version::v5, {.username = "worker", .password = "secret"});
    client.subscribe({{.filter = filter, .qos = 1}});
    return client;
  }
  /// The next chunk of a stream.
  static std::string chunk(HttpClient& client) {
    std::string size;
    while (!size.ends_with("\r\n")) size += client.read(1);
    const std::size_t bytes = std::stoul(size, nullptr, 16);
    const std::string piece = client.read(bytes + 2);
    return piece.substr(0, bytes);
  }
  /// The next that is no comment.
  static std::string event(HttpClient& client) {
    for (;;) {
      const std::string piece = chunk(client);
      if (!piece.starts_with(":") || piece.find("\ndata: ") != std::string::npos) return piece;
    }
  }
  HttpClient stream(const std::string& query, const std::string& fields = kAda) {
    HttpClient client = web();
    client.send(text("GET", "/subscribe?" + query, fields));
    const auto head = client.receive();
    EXPECT_EQ(head.status, 200) << head.head << client.read(0);
    EXPECT_THAT(head.head, AllOf(HasSubstr("text/event-stream"), HasSubstr("chunked")));
    EXPECT_THAT(chunk(client), StartsWith(": stream "));
    return client;
  }

  TemporaryDirectory secrets_;
  TemporaryDirectory resources_;
};

TEST_P(MqttHttp, PublishesWithEveryProperty) {
  start(site());
  RawClient reader = worker("allowed/#");
  publish("topic=allowed%2Fpress%204&qos=1&api-version=2025-08-01-preview", "21.5",
          "Content-Type: text/plain\r\nMqtt-Response-Topic: answers%2F7\r\nmqtt-correlation-data: AAEC\r\n"
          "mqtt-user-properties: W3siYSI6IjEifSx7ImIiOiIyIn0seyJhIjoiMyJ9XQ==\r\nmqtt-message-expiry: 60\r\n"
          "mqtt-payload-format-indicator: 1\r\n");
  const Packet got = reader.expect_publish("21.5");
  EXPECT_EQ(got.topic, "allowed/press 4");
  EXPECT_EQ(got.qos, 1);
  EXPECT_FALSE(got.retain);
  EXPECT_EQ(got.properties.text(Prop::content_type), "text/plain");
  EXPECT_EQ(got.properties.text(Prop::response_topic), "answers/7");
  EXPECT_EQ(got.properties.text(Prop::correlation_data), std::string("\0\1\2", 3));
  EXPECT_EQ(got.properties.number(Prop::payload_format), 1U);
  EXPECT_LE(got.properties.number(Prop::message_expiry).value_or(0), 60U);
  EXPECT_EQ(got.properties.user_properties(), (std::vector<UserProperty>{{"a", "1"}, {"b", "2"}, {"a", "3"}}));

  // What the query says comes before what headers say.
  publish("topic=allowed/q&qos=0", "zero", "mqtt-qos: 1\r\n");
  EXPECT_EQ(reader.expect_publish("zero").qos, 0);
  publish("topic=allowed/q", "plain", "mqtt-qos: 0\r\nmqtt-user-properties: [{\"k\":\"v\"}]\r\n");
  EXPECT_EQ(reader.expect_publish("plain").properties.user_properties(), (std::vector<UserProperty>{{"k", "v"}}));
  publish("topic=allowed/q", "");
  reader.expect_publish("");
  expect_metric("trellis_mqtt_http_messages_total", "", 4);
}

TEST_P(MqttHttp, RefusesWhatAnMqttClientWouldBeRefused) {
  start(site(R"("payload_bytes": "1KiB", "topic_levels": 3)"));
  RawClient reader = worker("#");
  const auto refused = [&](const std::string& query, int status, const std::string& code,
                           const std::string& fields = kAda, const std::string& body = "x") {
    const auto answer = ask("POST", "/messages" + query, body, fields);
    EXPECT_EQ(answer.status, status) << query << ": " << answer.body;
    EXPECT_THAT(answer.head, HasSubstr("x-ms-error-code: " + code)) << query;
    EXPECT_THAT(answer.body, StartsWith(R"({"error":{"code":")" + code + R"(","message":")")) << query;
  };
  refused("?topic=allowed/a", 401, "Unauthorized", "");
  refused("?topic=allowed/a", 401, "Unauthorized", kWrong);
  refused("?topic=allowed/a", 401, "Unauthorized", "Authorization: Bearer abc\r\n");
  refused("?topic=allowed/a", 401, "Unauthorized", "Authorization: Digest abc\r\n");
  refused("?topic=allowed/a", 400, "BadRequest", std::string(kAda) + kBob);
  refused("", 401, "Unauthorized", "");
  refused("", 400, "BadRequest");
  refused("?topic=allowed/a&topic=allowed/b", 400, "BadRequest");
  refused("?topic=allowed/a&nonsense=1", 400, "BadRequest");
  refused("?topic=allowed/a&qos=2", 400, "BadRequest");
  refused("?topic=allowed/%2", 400, "BadRequest");
  refused("?topic=allowed/a", 400, "BadRequest", std::string(kAda) + "mqtt-correlation-data: ***\r\n");
  refused("?topic=allowed/a", 400, "BadRequest", std::string(kAda) + "mqtt-message-expiry: -1\r\n");
  refused("?topic=allowed/a", 400, "BadRequest", std::string(kAda) + "mqtt-user-properties: [{\"a\":1}]\r\n");
  refused("?topic=", 403, "Forbidden");
  refused("?topic=elsewhere", 403, "Forbidden");
  refused("?topic=allowed/%23", 403, "Forbidden");
  refused("?topic=allowed/%00", 403, "Forbidden");
  refused("?topic=$SYS/a", 403, "Forbidden");
  refused("?topic=$share/g/allowed/a", 403, "Forbidden");
  refused("?topic=allowed/a/b/c", 403, "Forbidden");
  refused("?topic=allowed/open/a", 403, "Forbidden", kBob);
  refused("?topic=allowed/a", 413, "RequestEntityTooLarge", kAda, std::string(1025, 'x'));
  EXPECT_EQ(ask("GET", "/messages").status, 405);
  EXPECT_EQ(ask("GET", "/elsewhere").status, 404);
  publish("topic=allowed/last", "last");
  reader.expect_publish("last");  // and nothing before
}

TEST_P(MqttHttp, JudgesEachRequestOfAConnectionByItself) {
  start(site());
  HttpClient client = web();
  const auto status = [&](const std::string& fields, const std::string& topic) {
    client.send(text("POST", "/messages?topic=" + topic, fields, "x"));
    return client.receive().status;
  };
  EXPECT_EQ(status(kAda, "allowed/a"), 204);
  EXPECT_EQ(status(kBob, "allowed/a"), 403);
  EXPECT_EQ(status("", "allowed/a"), 401) << "who was there before lends nobody its rights";
  EXPECT_EQ(status(kAda, "allowed/a"), 204);
  // Several at once are asked about one after the other.
  client.send(text("POST", "/messages?topic=allowed/a", kAda, "x") +
              text("POST", "/messages?topic=allowed/a", kBob, "x") +
              text("POST", "/messages?topic=allowed/a", kAda, "x"));
  EXPECT_EQ(client.receive().status, 204);
  EXPECT_EQ(client.receive().status, 403);
  EXPECT_EQ(client.receive().status, 204);
}

TEST_P(MqttHttp, ATokenIsShownToTheMethodsOneAfterTheOther) {
  Site riddles = site(R"("bearer_methods": ["NOBODYS", "RIDDLE"])");
  riddles.plugins += R"(, "authenticator-riddle": {"file": ")" + test_plugins() + R"(/authenticator-riddle.so"})";
  riddles.authenticators = R"("authenticator-riddle", "authenticator-password")";
  start(riddles);
  HttpClient client = web();
  const auto bearer = [&](const std::string& token) {
    return text("POST", "/messages?topic=allowed/a", "Authorization: Bearer " + token + "\r\n", "x");
  };
  const auto status = [&](const std::string& token) {
    client.send(bearer(token));
    return client.receive().status;
  };
  EXPECT_EQ(status("42"), 204);
  EXPECT_EQ(status("41"), 401);
  EXPECT_EQ(status("other"), 403) << "known, but allowed nothing";
  EXPECT_EQ(status("ask"), 401) << "there is no second step";
  EXPECT_EQ(status("later"), 204);
  // While one answer is on its way the others wait, each for its own.
  client.send(bearer("later") + bearer("other") + text("POST", "/messages?topic=allowed/a", kAda, "x") +
              bearer("later"));
  EXPECT_EQ(client.receive().status, 204);
  EXPECT_EQ(client.receive().status, 403);
  EXPECT_EQ(client.receive().status, 204);
  EXPECT_EQ(client.receive().status, 204);
}

TEST_P(MqttHttp, ABatchIsPublishedWholeOrNotAtAll) {
  start(site(R"("batch_messages": 3)"));
  RawClient reader = worker("allowed/#");
  const auto batch = [&](const std::string& body) { return ask("POST", "/messages/batch", body); };
  EXPECT_EQ(batch(R"([{"topic": "allowed/a", "payload": "1"}, {"topic": "elsewhere", "payload": "2"}])").status, 403);
  const auto wrong = batch(R"([{"topic": "allowed/a", "payload": "1"}, {"topic": "allowed/b", "qos": 7}])");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_THAT(wrong.body, HasSubstr(R"("target":"/1/qos")"));
  EXPECT_EQ(batch("[]").status, 400);
  EXPECT_EQ(
      batch(R"([{"topic":"allowed/a"},{"topic":"allowed/a"},{"topic":"allowed/a"},{"topic":"allowed/a"}])").status,
      413);
  EXPECT_EQ(batch("[" + std::string(2000, '[') + std::string(2000, ']') + "]").status, 413);
  EXPECT_EQ(batch(R"([{"topic": "allowed/a", "payload": "first", "userProperties": [{"k": "v"}]},
                      {"topic": "allowed/b", "payload": {"n": 1}, "contentType": "application/json", "qos": 0},
                      {"topic": "allowed/c", "payloadBase64": "AAE="}])")
                .status,
            204);
  EXPECT_EQ(reader.expect_publish("first").properties.user_properties(), (std::vector<UserProperty>{{"k", "v"}}));
  EXPECT_EQ(reader.expect_publish(R"({"n": 1})").properties.text(Prop::content_type), "application/json");
  reader.expect_publish(std::string("\0\1", 2));
}

TEST_P(MqttHttp, RetainedMessagesAreReadListedAndDeleted) {
  start(site());
  publish("topic=allowed/open/a&retain=1", "one", "mqtt-message-expiry: 3600\r\n");
  publish("topic=allowed/open/a/b&retain=1&qos=0", "two");
  publish("topic=allowed/z&retain=1", "three");

  const auto read = ask("GET", "/retainedMessages/message?topic=allowed%2Fopen%2Fa&api-version=2025-11-16-preview");
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body, "one");
  EXPECT_THAT(read.head, AllOf(HasSubstr("x-ms-mqtt-topic: allowed/open/a"), HasSubstr("x-ms-mqtt-qos: 1"),
                               HasSubstr("x-ms-mqtt-size: 17"), HasSubstr("x-ms-mqtt-expiry: 20"),
                               HasSubstr("x-ms-mqtt-last-modified: 20"), HasSubstr("application/octet-stream")));
  EXPECT_EQ(ask("GET", "/retainedMessages/message?topic=allowed/open").status, 404);
  EXPECT_EQ(ask("GET", "/retainedMessages/message?topic=allowed/%2B").status, 400);
  EXPECT_EQ(ask("GET", "/retainedMessages/message?topic=elsewhere").status, 403);
  EXPECT_EQ(ask("GET", "/retainedMessages/message?topic=allowed/open/a", "", kBob).status, 200);
  EXPECT_EQ(ask("GET", "/retainedMessages/message?topic=allowed/z", "", kBob).status, 403);
  EXPECT_EQ(ask("GET", "/retainedMessages/message?topic=allowed/open/a", "", "").status, 401);

  std::vector<std::string> topics;
  std::string path = "/retainedMessages?topicFilter=allowed/%23&maxResults=1";
  for (int page = 0; page < 5 && !path.empty(); ++page) {
    const auto listed = ask("GET", path);
    ASSERT_EQ(listed.status, 200) << listed.body;
    const Json::Value body = parse_json(listed.body);
    for (const Json::Value& one : body["retainedMessages"]) topics.push_back(one["topic"].asString());
    path = body["nextLink"].isNull() ? "" : body["nextLink"].asString().substr(std::string("/mqtt").size());
  }
  EXPECT_THAT(topics, ::testing::ElementsAre("allowed/open/a", "allowed/open/a/b", "allowed/z"));
  // Of what a filter matches only what may be received is told.
  EXPECT_THAT(ask("GET", "/retainedMessages?topicFilter=%23", "", kBob).body,
              AllOf(HasSubstr("allowed/open/a/b"), Not(HasSubstr("allowed/z"))));
  EXPECT_EQ(ask("GET", "/retainedMessages").status, 400);
  EXPECT_EQ(ask("GET", "/retainedMessages?topicFilter=a&continuationToken=b").status, 400);
  EXPECT_EQ(ask("GET", "/retainedMessages?continuationToken=nonsense").status, 400);
  EXPECT_EQ(ask("GET", "/retainedMessages?topicFilter=elsewhere/%23", "", kBob).status, 403);
  EXPECT_EQ(ask("GET", "/retainedMessages?topicFilter=$share/g/allowed/%23").status, 400);

  EXPECT_EQ(ask("DELETE", "/retainedMessages?topicFilter=allowed/open/%23", "", kBob).body,
            R"({"deleted":0,"refused":2,"more":false})");
  EXPECT_EQ(ask("DELETE", "/retainedMessages?topicFilter=allowed/open/%23").body,
            R"({"deleted":2,"refused":0,"more":false})");
  EXPECT_EQ(ask("GET", "/retainedMessages/message?topic=allowed/open/a").status, 404);
  EXPECT_EQ(ask("GET", "/retainedMessages/message?topic=allowed/z").body, "three");
  expect_metric("trellis_subscribers", "", 0);
}

TEST_P(MqttHttp, StreamsWhatAnMqttClientPublishes) {
  start(site());
  RawClient publisher = worker("none");
  publisher.publish({.topic = "allowed/kept", .payload = "kept", .qos = 1, .retain = true});
  {
    HttpClient reader = stream("topicFilter=allowed/%2B&topicFilter=allowed/x/%23&qos=1");
    EXPECT_THAT(event(reader), AllOf(StartsWith("id: "), HasSubstr(R"("topic":"allowed/kept","qos":1,"retain":true)")));
    Publish one{.topic = "allowed/a", .payload = "line\nand \"quote\"", .qos = 1};
    one.properties.add(Prop::content_type, "text/plain").user("k", "v");
    publisher.publish(one);
    const std::string first = event(reader);
    EXPECT_THAT(first,
                HasSubstr("data: {\"topic\":\"allowed/a\",\"qos\":1,\"retain\":false,\"payload\":\"line\\nand "
                          "\\\"quote\\\"\",\"contentType\":\"text/plain\",\"userProperties\":[{\"k\":\"v\"}]}\n\n"));
    publisher.publish({.topic = "elsewhere", .payload = "not this"});
    publisher.publish({.topic = "allowed/x/y", .payload = "\xff\xfe"});
    EXPECT_THAT(event(reader), HasSubstr(R"("payloadBase64":"//4=")"));
    expect_metric("trellis_mqtt_http_streams", "", 1);
  }
  expect_metric("trellis_mqtt_http_streams", "", 0);
  publisher.publish({.topic = "allowed/a", .payload = "nobody", .qos = 1});
  expect_metric("trellis_mqtt_http_events_total", "", 3);
}

TEST_P(MqttHttp, AStreamEndsByItself) {
  start(site());
  publish("topic=allowed/a&retain=1", "kept");
  HttpClient reader = stream("topicFilter=allowed/%23&maxEvents=1", std::string(kAda) + "Last-Event-ID: gone-7\r\n");
  EXPECT_THAT(event(reader), HasSubstr("kept"));
  EXPECT_EQ(event(reader), "event: end\ndata: {\"reason\":\"maxEvents\"}\n\n");
  EXPECT_EQ(chunk(reader), "");
  reader.send(text("POST", "/messages?topic=allowed/a", kAda, "x"));
  EXPECT_EQ(reader.receive().status, 204) << "the connection goes on";
}

TEST_P(MqttHttp, StreamsAskForRights) {
  start(site(R"("streams": 2)"));
  const auto status = [&](const std::string& query, const std::string& fields = kAda) {
    return ask("GET", "/subscribe" + query, "", fields).status;
  };
  EXPECT_EQ(status("?topicFilter=allowed/%23", ""), 401);
  EXPECT_EQ(status("?topicFilter=elsewhere/%23"), 403);
  EXPECT_EQ(status("?topicFilter=allowed/%23&topicFilter=elsewhere"), 403);
  EXPECT_EQ(status("?topicFilter=$share/g/allowed/%23"), 400);
  EXPECT_EQ(status("?topicFilter=allowed/%23/x"), 400);
  EXPECT_EQ(status(""), 400);
  expect_metric("trellis_subscribers", "", 0);

  // "#" covers more than bob may receive; what he may not is left out.
  HttpClient reader = stream("topicFilter=%23", kBob);
  publish("topic=allowed/secret", "secret");
  publish("topic=allowed/open/a", "open");
  EXPECT_THAT(event(reader), HasSubstr(R"("payload":"open")"));
}

TEST_P(MqttHttp, ASlowReaderIsToldWhatItMissed) {
  start(site(R"("stream_bytes": "100KiB")"));
  RawClient publisher = worker("none");
  HttpClient reader = stream("topicFilter=allowed/%23");
  const std::string large(60000, 'x');
  const auto dropped = [&] { return metrics().sum("trellis_mqtt_http_events_dropped_total"); };
  for (int i = 0; i < 2000 && dropped() == 0; ++i)
    publisher.publish({.topic = "allowed/a", .payload = large, .qos = 1});
  ASSERT_GT(dropped(), 0);
  std::string seen;
  do {
    seen = event(reader);
  } while (seen.find("event: dropped\ndata: {\"count\":") == std::string::npos);
  publisher.publish({.topic = "allowed/a", .payload = "after", .qos = 1});
  while (seen.find("after") == std::string::npos) seen = event(reader);
}

TEST_P(MqttHttp, WhoTakesNothingLosesItsStream) {
  start(site(R"("stream_bytes": "64KiB", "stall_timeout": "1s")"));
  RawClient publisher = worker("none");
  HttpClient reader = stream("topicFilter=allowed/%23");
  const std::string large(60000, 'x');
  // One that is dropped says only that two came at once: what waits may still be taken by the system.
  const auto streams = [&] { return metrics().sum("trellis_mqtt_http_streams"); };
  for (int i = 0; i < 2000 && streams() > 0; ++i) publisher.publish({.topic = "allowed/a", .payload = large, .qos = 1});
  expect_metric("trellis_mqtt_http_streams", "", 0);
}

TEST_P(MqttHttp, AStopEndsStreamsInOrder) {
  start(site());
  HttpClient reader = stream("topicFilter=allowed/%23");
  EXPECT_EQ(terminate(), 0);
  EXPECT_EQ(event(reader), "event: end\ndata: {\"reason\":\"the broker stops\"}\n\n");
  EXPECT_EQ(chunk(reader), "");
  EXPECT_TRUE(reader.closed());
}

TEST_P(MqttHttp, OtherSettingsEndStreams) {
  start(site());
  HttpClient reader = stream("topicFilter=allowed/%23");
  EXPECT_TRUE(reload(site(R"("heartbeat": "1s")"))) << broker().output();
  EXPECT_THAT(event(reader), HasSubstr("event: end"));
  HttpClient again = stream("topicFilter=allowed/%23");
  EXPECT_EQ(chunk(again), ": \n\n") << "a heartbeat";
}

TEST_P(MqttHttp, ARequestIsAnsweredByItsResponse) {
  start(site());
  RawClient responder = worker("allowed/ask");
  HttpClient client = web();
  client.send(text("POST", "/request?topic=allowed/ask&timeout=20",
                   std::string(kAda) + "mqtt-correlation-data: AQI=\r\n", "how many?"));
  const Packet asked = responder.expect_publish("how many?");
  responder.acknowledge(asked);
  const std::string topic = asked.properties.text(Prop::response_topic).value_or("");
  EXPECT_THAT(topic, StartsWith("responses/ada/"));
  EXPECT_EQ(asked.properties.text(Prop::correlation_data), "\1\2");
  Publish foreign{.topic = topic, .payload = "not me"};
  foreign.properties.add(Prop::correlation_data, "other");
  responder.publish(foreign);
  Publish response{.topic = topic, .payload = "seven", .qos = 1};
  response.properties.add(Prop::correlation_data, "\1\2").add(Prop::content_type, "text/plain").user("unit", "pieces");
  responder.publish(response);
  const auto answer = client.receive();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "seven");
  EXPECT_THAT(answer.head, AllOf(HasSubstr("content-type: text/plain"), HasSubstr("mqtt-correlation-data: AQI="),
                                 HasSubstr("mqtt-user-properties: W3sidW5pdCI6InBpZWNlcyJ9XQ==")));
  expect_metric("trellis_mqtt_http_responses_total", R"(outcome="foreign")", 1);
  expect_metric("trellis_mqtt_http_responses_total", R"(outcome="matched")", 1);
  expect_metric("trellis_mqtt_http_waiting_requests", "", 0);
}

TEST_P(MqttHttp, ARequestWithoutResponseTimesOut) {
  start(site(R"("response_timeout": "200ms", "outstanding_requests": 1)"));
  RawClient responder = worker("allowed/ask");
  const auto answer = ask("POST", "/request?topic=allowed/ask", "anybody?");
  EXPECT_EQ(answer.status, 504);
  EXPECT_THAT(answer.body, HasSubstr("GatewayTimeout"));
  const Packet asked = responder.expect_publish("anybody?");
  Publish late{.topic = asked.properties.text(Prop::response_topic).value_or(""), .payload = "late", .qos = 1};
  late.properties.add(Prop::correlation_data, asked.properties.text(Prop::correlation_data).value_or(""));
  if (GetParam() == 1) {
    EXPECT_EQ(ask("POST", "/request?topic=allowed/ask", "x").status, 503) << "one at a time";
  }
  responder.publish(late);
  expect_metric("trellis_mqtt_http_responses_total", R"(outcome="late")", 1);
  expect_metric("trellis_mqtt_http_waiting_requests", "", 0);
  EXPECT_EQ(ask("POST", "/request?topic=allowed/nobody", "x").status, 404);
  EXPECT_EQ(ask("POST", "/request?topic=allowed/ask", "x", kBob).status, 403);
  EXPECT_EQ(ask("POST", "/request?topic=allowed/ask&timeout=0", "x").status, 400);
}

TEST_P(MqttHttp, AClientThatGoesFreesItsRequest) {
  start(site(R"("late_responses": "0s")"));
  RawClient responder = worker("allowed/ask");
  {
    HttpClient client = web();
    client.send(text("POST", "/request?topic=allowed/ask&timeout=60", kAda, "bye"));
    responder.expect_publish("bye");
    expect_metric("trellis_mqtt_http_waiting_requests", "", 1);
  }
  expect_metric("trellis_mqtt_http_waiting_requests", "", 0);
  expect_metric("trellis_mqtt_http_aborts_total", "", 1);
}

TEST_P(MqttHttp, IsToldThatAMessageIsKeptOnceItIs) {
  Site faulty = site();
  const std::string journal = R"("store-journal": {"config": {"path": "store"}})";
  faulty.plugins.replace(faulty.plugins.find(journal), journal.size(), FaultyStore::plugin());
  faulty.space = R"("retained": {"durability": "synced"})";
  start(faulty);
  const FaultyStore store(broker().directory() + "/store");
  store.tell("fail sync EIO after 0 times 1");
  EXPECT_EQ(ask("POST", "/messages?topic=allowed/a", "kept by nobody").status, 204);
  const auto lost = ask("POST", "/messages?topic=allowed/a&retain=1", "x");
  EXPECT_EQ(lost.status, 500) << "as a PUBACK would not have come";
  EXPECT_THAT(lost.body, HasSubstr("the store failed"));
  EXPECT_EQ(store.clear(), 1U);
  EXPECT_TRUE(eventually([&] { return ask("POST", "/messages?topic=allowed/a&retain=1", "x").status == 204; }));
}

TEST_P(MqttHttp, RoutesMakeEventsOfWhatItPublishes) {
  resources_.write("events.json", R"({"topics": {"machines": {}}, "eventSubscriptions": {"machines/all": {}},
      "routes": {"plant": {"topicFilters": ["allowed/#"], "topic": "machines", "enrichments": {"dynamic":
          [{"key": "who", "value": "${client.authenticationName}"}]}}}})");
  Site routed = site();
  routed.plugins += R"(, "service-events": {"config": {"access": {"anonymous": true}}})";
  routed.listeners.replace(routed.listeners.find("{\"/mqtt\""), 1, R"({"/": "service-events", )");
  routed.root += R"(, "resources": ")" + resources_.path() + "\"";
  start(routed);
  publish("topic=allowed/press", R"({"rpm": 900})", "Content-Type: application/json\r\n");
  HttpClient client = web();
  client.send(
      "POST /topics/machines/eventsubscriptions/all:receive?api-version=2024-06-01&maxEvents=1&maxWaitTime=10 "
      "HTTP/1.1\r\n"
      "Host: localhost\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(client.receive().body,
              AllOf(HasSubstr(R"("subject":"allowed/press")"), HasSubstr(R"("who":"ada")"), HasSubstr("900")));
}

TEST_P(MqttHttp, AnotherNamespaceNeedsAConnectionOfItsOwn) {
  Site two = site();
  two.spaces = R"("one": {"hosts": ["one.example"], "authenticators": ["authenticator-anonymous"],
                          "authorizers": ["authorizer-allow-all"]},)";
  start(two);
  HttpClient client = web();
  client.send("POST /mqtt/messages?topic=allowed/a HTTP/1.1\r\nHost: one.example\r\n" + std::string(kAda) +
              "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(client.receive().status, 421) << "it was judged by the rules of the listener's namespace";
}

TEST_P(MqttHttp, SpeaksHttp2) {
  start(site());
  publish("topic=allowed/a&retain=1", "kept");
  const std::string url = "http://127.0.0.1:" + std::to_string(broker().port("web")) + "/mqtt";
  const auto streamed = run_command({"curl", "-sSN", "--http2-prior-knowledge", "-u", "ada:secret",
                                     url + "/subscribe?topicFilter=allowed/%23&maxEvents=1"});
  EXPECT_EQ(streamed.code, 0) << streamed.describe();
  EXPECT_THAT(streamed.out, AllOf(HasSubstr(R"("payload":"kept")"), HasSubstr("event: end")));
  const auto published = run_command({"curl", "-sS", "--http2-prior-knowledge", "-u", "ada:secret", "-w",
                                      "%{http_code}", "-d", "x", url + "/messages?topic=allowed/a"});
  EXPECT_EQ(published.out, "204") << published.describe();
  expect_metric("trellis_mqtt_http_streams", "", 0);
}

TEST_P(MqttHttp, PagesOfOtherOriginsAreRefused) {
  start(site(R"("cors_origins": ["https://app.example"])"));
  const std::string evil = std::string(kAda) + "Origin: https://evil.example\r\n";
  EXPECT_EQ(ask("POST", "/messages?topic=allowed/a", "x", evil).status, 403);
  EXPECT_EQ(ask("POST", "/messages?topic=allowed/a", "x", std::string(kAda) + "Origin: http://localhost\r\n").status,
            403);
  EXPECT_EQ(ask("POST", "/messages?topic=allowed/a", "x", std::string(kAda) + "Origin: null\r\n").status, 403);
  const std::string good = "Origin: https://app.example\r\n";
  const auto answer = ask("POST", "/messages?topic=allowed/a", "x", kAda + good);
  EXPECT_EQ(answer.status, 204);
  EXPECT_THAT(answer.head, HasSubstr("access-control-allow-origin: https://app.example"));
  const auto asked =
      ask("OPTIONS", "/subscribe", "",
          good + "Access-Control-Request-Method: GET\r\nAccess-Control-Request-Headers: authorization\r\n");
  EXPECT_EQ(asked.status, 204);
  EXPECT_THAT(asked.head,
              AllOf(HasSubstr("access-control-allow-headers: authorization"), Not(HasSubstr("allow-credentials"))));
}

TEST_P(MqttHttp, ClientsHaveTheirRates) {
  start(site(R"("publishes_per_second": 3)"));
  HttpClient client = web();
  int taken = 0;
  int refused = 0;
  for (int i = 0; i < 50 && refused == 0; ++i) {
    client.send(text("POST", "/messages?topic=allowed/a", kAda, "x"));
    const int status = client.receive().status;
    ++(status == 204 ? taken : refused);
    EXPECT_TRUE(status == 204 || status == 429) << status;
  }
  EXPECT_EQ(refused, 1);
  EXPECT_GE(taken, 3);
}

INSTANTIATE_TEST_SUITE_P(Shards, MqttHttp, ::testing::Values(1U, 2U),
                         [](const auto& one) { return "On" + std::to_string(one.param); });

}  // namespace
}  // namespace trellis::testing

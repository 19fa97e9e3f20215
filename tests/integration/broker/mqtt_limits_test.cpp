// Each limit and switch of transport-mqtt has the effect its manual promises. Those that limits_test.cpp of the
// conformance suite shows are not shown again.
#include "json.hpp"
#include "support/command.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class MqttLimits : public SiteTest {
 protected:
  /// A broker with these settings of transport-mqtt.
  void with(const std::string& mqtt) { start({.mqtt = mqtt}); }
  Packet connack(const Connect& connect, Version version = Version::v5) {
    auto client = open(version);
    client.send_connect(connect);
    return client.expect(PacketType::connack);
  }
  std::uint8_t puback(RawClient& client, const Publish& publish) { return client.publish(publish)->reason; }
};

TEST_F(MqttLimits, PacketBytes) {
  with(R"("packet_bytes": "2KiB")");
  EXPECT_EQ(connack({.client_id = unique()}).properties.number(Prop::maximum_packet_size), 2048u);
  auto client = connected();
  const auto overhead =
      Publish{.topic = "t", .payload = std::string(1000, 'x'), .qos = 1, .packet_id = 1}.encode(Version::v5).size() -
      1000;
  EXPECT_LT(puback(client, {.topic = "t", .payload = std::string(2048 - overhead, 'x'), .qos = 1}), 0x80);
  client.send_publish({.topic = "t", .payload = std::string(2049 - overhead, 'x'), .qos = 1});
  client.expect_disconnect({0x95});
}

TEST_F(MqttLimits, ConnectPacketBytes) {
  with(R"("connect_packet_bytes": "1KiB")");
  EXPECT_EQ(connack({.client_id = std::string(900, 'x')}).reason, 0);
  auto client = open();
  client.send_connect({.client_id = std::string(1100, 'x')});
  client.expect_refused_or_closed({0x95});
}

TEST_F(MqttLimits, PayloadBytes) {
  with(R"("payload_bytes": "100B")");
  auto client = connected();
  EXPECT_LT(puback(client, {.topic = "t", .payload = std::string(100, 'x'), .qos = 1}), 0x80);
  EXPECT_EQ(puback(client, {.topic = "t", .payload = std::string(101, 'x'), .qos = 1}), 0x97);
  client.send_publish({.topic = "t", .payload = std::string(101, 'x')});
  client.expect_disconnect({0x95});
}

TEST_F(MqttLimits, TopicBytes) {
  with(R"("topic_bytes": "10B")");
  auto client = connected();
  EXPECT_LT(puback(client, {.topic = "1234567890", .qos = 1}), 0x80);
  EXPECT_EQ(puback(client, {.topic = "12345678901", .qos = 1}), 0x90);
  EXPECT_LT(client.subscribe({{.filter = "123456789+"}}).reasons.at(0), 0xFF);
  EXPECT_EQ(client.subscribe({{.filter = "12345678901"}}).reasons.at(0), 0x8F);
}

TEST_F(MqttLimits, UserPropertyBytes) {
  with(R"("user_property_bytes": "10B")");
  auto client = connected();
  EXPECT_LT(puback(client, {.topic = "t", .qos = 1, .properties = Properties().user("12", "345").user("67", "890")}),
            0x80);
  EXPECT_EQ(puback(client, {.topic = "t", .qos = 1, .properties = Properties().user("12", "345").user("67", "8901")}),
            0x97);
}

TEST_F(MqttLimits, PropertyBytes) {
  with(R"("property_bytes": "8B")");
  auto client = connected();
  for (const auto property : {Prop::content_type, Prop::response_topic, Prop::correlation_data}) {
    EXPECT_LT(puback(client, {.topic = "t", .qos = 1, .properties = Properties().add(property, "12345678")}), 0x80);
    EXPECT_EQ(puback(client, {.topic = "t", .qos = 1, .properties = Properties().add(property, "123456789")}), 0x97);
  }
}

TEST_F(MqttLimits, ClientIdBytes) {
  with(R"("client_id_bytes": "8B")");
  EXPECT_EQ(connack({.client_id = "12345678"}).reason, 0);
  EXPECT_EQ(connack({.client_id = "123456789"}).reason, 0x85);
  EXPECT_EQ(connack({.client_id = "123456789"}, Version::v311).reason, 2);
}

TEST_F(MqttLimits, AuthenticationBytes) {
  with(R"("authentication_bytes": "8B")");
  const auto exchange = [](const std::string& data) {
    return Properties().add(Prop::auth_method, "unheard-of").add(Prop::auth_data, data);
  };
  EXPECT_NE(connack({.client_id = unique(), .properties = exchange("12345678")}).reason, 0x95);
  EXPECT_EQ(connack({.client_id = unique(), .properties = exchange("123456789")}).reason, 0x95);
}

TEST_F(MqttLimits, InflightMessages) {
  with(R"("inflight_messages": 2)");
  auto subscriber = subscribed(Version::v5, {.filter = unique(), .qos = 1});
  auto publisher = connected();
  for (const char* payload : {"1", "2", "3"}) publisher.publish({.topic = unique(), .payload = payload, .qos = 1});
  const auto first = subscriber.expect_publish("1");
  subscriber.expect_publish("2");
  subscriber.expect_nothing();
  subscriber.acknowledge(first);
  subscriber.expect_publish("3");
}

TEST_F(MqttLimits, InflightMessagesAreTheSmallerOfBothWishes) {
  with(R"("inflight_messages": 5)");
  auto subscriber = connected(Version::v5, {.properties = Properties().add(Prop::receive_maximum, 1)});
  subscriber.subscribe({{.filter = unique(), .qos = 1}});
  auto publisher = connected();
  for (const char* payload : {"1", "2"}) publisher.publish({.topic = unique(), .payload = payload, .qos = 1});
  subscriber.expect_publish("1");
  subscriber.expect_nothing();
}

TEST_F(MqttLimits, InflightBytes) {
  with(R"("inflight_bytes": "1kB")");
  auto subscriber = subscribed(Version::v5, {.filter = unique(), .qos = 1});
  auto publisher = connected();
  const auto large = std::string(2000, 'l');
  const auto small = std::string(400, 's');
  publisher.publish({.topic = unique(), .payload = large, .qos = 1});
  for (int i = 0; i < 3; ++i) publisher.publish({.topic = unique(), .payload = small, .qos = 1});
  const auto alone = subscriber.expect_publish(large);
  subscriber.expect_nothing();
  subscriber.acknowledge(alone);
  const auto first = subscriber.expect_publish(small);
  subscriber.expect_publish(small);
  subscriber.expect_nothing();
  subscriber.acknowledge(first);
  subscriber.expect_publish(small);
}

TEST_F(MqttLimits, RetainedMessageBytes) {
  with(R"("retained_message_bytes": "100B")");
  const auto retained = [](std::size_t size, std::uint8_t qos, bool retain = true) {
    return Publish{.topic = "t", .payload = std::string(size, 'x'), .qos = qos, .retain = retain};
  };
  auto client = connected();
  EXPECT_LT(puback(client, retained(100, 1)), 0x80);
  EXPECT_EQ(puback(client, retained(101, 1)), 0x97);
  EXPECT_LT(puback(client, retained(101, 1, false)), 0x80);
  client.send_publish(retained(101, 0));
  client.expect_disconnect({0x97});
  auto older = connected(Version::v311);
  older.send_publish(retained(101, 1));
  older.expect_closed();
  EXPECT_EQ(
      connack({.client_id = unique("w"), .will = Will{.topic = "t", .payload = std::string(101, 'x'), .retain = true}})
          .reason,
      0x97);
  EXPECT_EQ(metrics().sum("trellis_mqtt_publish_refused_total", R"(reason="quota_exceeded")"), 3);
  EXPECT_EQ(metrics().sum("trellis_retained_messages"), 1);
}

TEST_F(MqttLimits, SharedSubscriptionsOfASession) {
  with(R"("session_shared_subscriptions": 1)");
  auto client = connected();
  EXPECT_EQ(client.subscribe({{.filter = "$share/g/a"}, {.filter = "b"}, {.filter = "$share/g/b"}}).reasons,
            (std::vector<std::uint8_t>{0, 0, 0x97}));
  EXPECT_EQ(client.subscribe({{.filter = "$share/g/a", .qos = 1}}).reasons.at(0), 1) << "the one there is";
  client.unsubscribe({"$share/g/a"});
  EXPECT_EQ(client.subscribe({{.filter = "$share/g/b"}}).reasons.at(0), 0);
  EXPECT_EQ(metrics().sum("trellis_mqtt_subscribe_refused_total", R"(reason="quota_exceeded")"), 1);
}

TEST_F(MqttLimits, SharedGroupsAndTheirSubscriptions) {
  start({.shards = 2, .mqtt = R"("namespace_shared_groups": 2, "shared_group_subscriptions": 2)"});
  std::vector<RawClient> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(connected());
  EXPECT_EQ(clients[0].subscribe({{.filter = "$share/g/a"}, {.filter = "$share/h/a"}}).reasons,
            (std::vector<std::uint8_t>{0, 0}));
  EXPECT_EQ(clients[1].subscribe({{.filter = "$share/i/a"}, {.filter = "$share/g/b"}}).reasons,
            (std::vector<std::uint8_t>{0x97, 0}));
  EXPECT_EQ(clients[2].subscribe({{.filter = "$share/g/a"}}).reasons.at(0), 0x97);
  clients[0].disconnect();
  EXPECT_TRUE(eventually([&] { return metrics().sum("trellis_shared_subscriptions") == 1; }));
  EXPECT_EQ(clients[2].subscribe({{.filter = "$share/g/a"}, {.filter = "$share/i/a"}}).reasons,
            (std::vector<std::uint8_t>{0, 0}))
      << "what a session had is free when it ends";
}

TEST_F(MqttLimits, SubscriptionsOfTheNamespace) {
  start({.shards = 2, .mqtt = R"("namespace_subscriptions": 2)"});
  auto one = connected();
  auto other = connected(Version::v311);
  EXPECT_EQ(one.subscribe({{.filter = "a"}}).reasons.at(0), 0);
  EXPECT_EQ(other.subscribe({{.filter = "a"}, {.filter = "b"}}).reasons, (std::vector<std::uint8_t>{0, 0x80}));
  EXPECT_EQ(one.subscribe({{.filter = "a", .qos = 1}, {.filter = "b"}}).reasons, (std::vector<std::uint8_t>{1, 0x97}));
}

TEST_F(MqttLimits, SessionsOfTheNamespace) {
  start({.shards = 2, .mqtt = R"("namespace_sessions": 2)"});
  auto one = connected();
  connected(Version::v5, keeping(Version::v5, unique("kept"))).disconnect();
  EXPECT_EQ(connack({.client_id = unique("x")}).reason, 0x97) << "who is away counts";
  EXPECT_EQ(connack({.client_id = unique("x")}, Version::v311).reason, 3);
  EXPECT_EQ(connack(keeping(Version::v5, unique("kept"))).reason, 0) << "there is none more by that";
  one.disconnect();
  EXPECT_TRUE(eventually([&] { return metrics().sum("trellis_subscribers") == 1; }));
  EXPECT_EQ(connack({.client_id = unique("x")}).reason, 0);
}

TEST_F(MqttLimits, SessionsOfAName) {
  start({.shards = 2,
         .plugins = R"("authenticator-riddle": {"file": ")" + test_plugins() + R"(/authenticator-riddle.so"})",
         .mqtt = R"("sessions_of_name": 2)",
         .authenticators = R"("authenticator-riddle", "authenticator-anonymous")"});
  const auto solver = [&](const std::string& name, bool keep = false) {
    Connect connect{.client_id = unique(name)};
    connect.properties.add(Prop::auth_method, "RIDDLE").add(Prop::auth_data, "42");
    if (keep) connect.properties.add(Prop::session_expiry, 60);
    return connect;
  };
  auto one = connected(Version::v5, solver("one"));
  connected(Version::v5, solver("two", true)).disconnect();
  EXPECT_EQ(connack(solver("three")).reason, 0x97) << "who is away counts";
  EXPECT_EQ(connack(solver("two", true)).reason, 0) << "there is none more by that";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(connack({.client_id = unique(std::to_string(i))}).reason, 0) << "no name";
  one.disconnect();
  EXPECT_TRUE(eventually([&] { return metrics().sum("trellis_subscribers") == 1; }));
  EXPECT_EQ(connack(solver("three")).reason, 0);
}

TEST_F(MqttLimits, OutgoingTopicAliases) {
  with(R"("outgoing_topic_aliases": 1)");
  auto subscriber = connected(Version::v5, {.properties = Properties().add(Prop::topic_alias_maximum, 10)});
  subscriber.subscribe({{.filter = unique("/#")}});
  auto publisher = connected();
  std::vector<std::uint32_t> aliases;
  for (const char* level : {"/a", "/b", "/a", "/b"}) {
    publisher.send_publish({.topic = unique(level), .payload = level});
    aliases.push_back(subscriber.expect_publish(level).properties.number(Prop::topic_alias).value_or(0));
  }
  for (const auto alias : aliases) EXPECT_LE(alias, 1u);
}

TEST_F(MqttLimits, OutgoingTopicAliasesSwitchedOff) {
  with(R"("outgoing_topic_aliases": 0)");
  auto subscriber = connected(Version::v5, {.properties = Properties().add(Prop::topic_alias_maximum, 10)});
  subscriber.subscribe({{.filter = unique()}});
  auto publisher = connected();
  for (int i = 0; i < 3; ++i) {
    publisher.send_publish({.topic = unique(), .payload = "x"});
    EXPECT_FALSE(subscriber.expect_publish("x").properties.has(Prop::topic_alias));
  }
}

TEST_F(MqttLimits, SubscribeFilters) {
  with(R"("subscribe_filters": 2)");
  auto client = connected();
  EXPECT_EQ(client.subscribe({{.filter = "a"}, {.filter = "b"}, {.filter = "c"}}).reasons,
            (std::vector<std::uint8_t>{0, 0, 0x97}));
  EXPECT_EQ(client.unsubscribe({"a", "b", "c"}).reasons, (std::vector<std::uint8_t>{0, 0, 0x11}));
}

TEST_F(MqttLimits, QueueQos0) {
  for (const bool kept : {false, true}) {
    with(std::string(R"("queue_qos0": )") + (kept ? "true" : "false"));
    auto client = connected(Version::v5, keeping(Version::v5, unique("away")));
    client.subscribe({{.filter = unique(), .qos = 1}});
    client.disconnect();
    auto publisher = connected();
    publisher.publish({.topic = unique(), .payload = "zero", .qos = 0});
    publisher.publish({.topic = unique(), .payload = "one", .qos = 1});
    auto again = open();
    again.connect(keeping(Version::v5, unique("away")));
    again.expect_publish(kept ? "zero" : "one");
    EXPECT_EQ(metrics().sum("trellis_messages_dropped_total", R"(reason="offline")"), kept ? 0 : 1);
  }
}

TEST_F(MqttLimits, KeepAlive) {
  with(R"("keep_alive": "7s")");
  for (const std::uint16_t wish : std::initializer_list<std::uint16_t>{0, 8, 60000})
    EXPECT_EQ(connack({.client_id = unique(), .keep_alive = wish}).properties.number(Prop::server_keep_alive), 7u);
  EXPECT_FALSE(connack({.client_id = unique(), .keep_alive = 6}).properties.has(Prop::server_keep_alive));
}

TEST_F(MqttLimits, ConnectTimeout) {
  with(R"("connect_timeout": "200ms")");
  auto silent = open();
  silent.expect_closed();
  auto half = open();
  half.send(Connect{.client_id = unique()}.encode(Version::v5).substr(0, 5));
  half.expect_closed();
  auto client = connected();
  pass_a_second();
  client.expect_nothing();
}

TEST_F(MqttLimits, SessionExpiryZeroEndsEverySessionWithItsConnection) {
  with(R"("session_expiry": "0s")");
  for (const auto version : {Version::v311, Version::v5}) {
    const auto id = unique(std::to_string(static_cast<int>(version)));
    connected(version, keeping(version, id)).disconnect();
    auto again = open(version);
    EXPECT_FALSE(again.connect(keeping(version, id)).session_present);
  }
}

TEST_F(MqttLimits, Mqtt3SessionExpiry) {
  with(R"("mqtt3_session_expiry": "1s")");
  connected(Version::v311, keeping(Version::v311, unique("old"))).disconnect();
  connected(Version::v5, keeping(Version::v5, unique("new"))).disconnect();
  // Two sessions are kept, then the older protocol's is over.
  EXPECT_TRUE(eventually([&] { return metrics().sum("trellis_subscribers") == 1; }));
  auto fifth = open();
  EXPECT_TRUE(fifth.connect(keeping(Version::v5, unique("new"))).session_present);
}

TEST_F(MqttLimits, Versions) {
  with(R"("versions": [5])");
  EXPECT_EQ(connack({.client_id = unique()}).reason, 0);
  EXPECT_EQ(connack({.client_id = unique()}, Version::v311).reason, 1);
  EXPECT_EQ(connack({.client_id = unique()}, Version::v31).reason, 1);
  EXPECT_TRUE(reload({.mqtt = R"("versions": [3, 4])"}));
  EXPECT_EQ(connack({.client_id = unique()}, Version::v311).reason, 0);
  EXPECT_EQ(connack({.client_id = unique()}, Version::v31).reason, 0);
  auto fifth = open();
  fifth.send_connect({.client_id = unique()});
  fifth.expect_refused({0x84});
}

TEST_F(MqttLimits, SharedSubscriptionsOfMqtt3) {
  with(R"("mqtt3_shared_subscriptions": false)");
  auto fifth = connected();
  EXPECT_LT(fifth.subscribe({{.filter = "$share/g/t"}}).reasons.at(0), 0x80);
  auto older = connected(Version::v311);
  older.send_subscribe({.filters = {{.filter = "$share/g/t"}}});
  older.expect_closed();
}

TEST_F(MqttLimits, ClientIdPrefix) {
  with(R"("client_id_prefix": "site-7.")");
  const auto assigned = connack({}).properties.text(Prop::assigned_client_id);
  ASSERT_TRUE(assigned.has_value());
  EXPECT_EQ(assigned->rfind("site-7.", 0), 0u) << *assigned;
  EXPECT_GT(assigned->size(), 10u);
  EXPECT_NE(connack({}).properties.text(Prop::assigned_client_id), assigned);
}

TEST_F(MqttLimits, ControlUserProperties) {
  with(R"("control_user_properties": false)");
  const auto some = Properties().user("a", "b");
  EXPECT_EQ(connack({.client_id = unique(), .properties = some}).reason, 0x83);
  auto client = connected();
  EXPECT_LT(puback(client, {.topic = "t", .qos = 1, .properties = some}), 0x80);
  client.send_subscribe({.filters = {{.filter = "t"}}, .properties = some});
  const auto answer = client.receive();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->reasons.empty() ? answer->reason : answer->reasons.front(), 0x83) << answer->describe();
}

TEST_F(MqttLimits, PayloadFormatChecked) {
  const Publish wrong{
      .topic = "t", .payload = "\xFF", .qos = 1, .properties = Properties().add(Prop::payload_format, 1)};
  with(R"("payload_format_checked": true)");
  auto strict = connected();
  EXPECT_EQ(puback(strict, wrong), 0x99);
  EXPECT_TRUE(reload({.mqtt = R"("payload_format_checked": false)"}));
  auto lax = connected();
  EXPECT_LT(puback(lax, wrong), 0x80);
}

TEST_F(MqttLimits, ZeroMessageExpiry) {
  for (const bool never : {false, true}) {
    with(std::string(R"("zero_message_expiry": ")") + (never ? "never" : "immediate") + '"');
    auto client = connected(Version::v5, keeping(Version::v5, unique("away")));
    client.subscribe({{.filter = unique(), .qos = 1}});
    client.disconnect();
    auto publisher = connected();
    publisher.publish(
        {.topic = unique(), .payload = "fleeting", .qos = 1, .properties = Properties().add(Prop::message_expiry, 0)});
    publisher.publish({.topic = unique(), .payload = "lasting", .qos = 1});
    auto again = open();
    again.connect(keeping(Version::v5, unique("away")));
    again.expect_publish(never ? "fleeting" : "lasting");
  }
}

TEST_F(MqttLimits, RefusedDelivery) {
  for (const bool disconnects : {false, true}) {
    with(std::string(R"("refused_delivery": ")") + (disconnects ? "disconnect" : "complete") + '"');
    auto client = subscribed(Version::v5, {.filter = unique(), .qos = 1});
    connected().publish({.topic = unique(), .payload = "no", .qos = 1});
    client.send_ack(PacketType::puback, client.expect_publish("no").packet_id, 0x80);
    if (disconnects)
      client.expect_closed();
    else
      client.expect_nothing();
  }
}

TEST_F(MqttLimits, RetainedMessagesOfTheNamespace) {
  start({.space = R"("retained": {"messages": 2})"});
  auto client = connected();
  for (const char* level : {"/1", "/2"})
    EXPECT_LT(puback(client, {.topic = unique(level), .payload = "x", .qos = 1, .retain = true}), 0x80);
  EXPECT_EQ(puback(client, {.topic = unique("/3"), .payload = "x", .qos = 1, .retain = true}), 0x97);
  EXPECT_LT(puback(client, {.topic = unique("/1"), .payload = "y", .qos = 1, .retain = true}), 0x80)
      << "no more than before";
  EXPECT_LT(puback(client, {.topic = unique("/1"), .payload = "", .qos = 1, .retain = true}), 0x80);
  EXPECT_LT(puback(client, {.topic = unique("/3"), .payload = "x", .qos = 1, .retain = true}), 0x80) << "room again";
  expect_metric("trellis_retained_messages", "", 2);
}

TEST_F(MqttLimits, RetainedBytesOfTheNamespace) {
  start({.space = R"("retained": {"bytes": "1000B"})"});
  auto client = connected();
  EXPECT_LT(puback(client, {.topic = "a", .payload = std::string(500, 'x'), .qos = 1, .retain = true}), 0x80);
  EXPECT_EQ(puback(client, {.topic = "b", .payload = std::string(900, 'x'), .qos = 1, .retain = true}), 0x97);
  EXPECT_LE(metrics().sum("trellis_retained_bytes"), 1000);
}

TEST(MqttLimitsManual, NamesNoSettingWithoutATest) {
  const std::vector<std::string> tested = {"authentication_bytes",
                                           "client_id_bytes",
                                           "client_id_prefix",
                                           "connect_packet_bytes",
                                           "connect_timeout",
                                           "connects_per_second",
                                           "control_user_properties",
                                           "deliveries_per_second",
                                           "delivery_bytes_per_second",
                                           "empty_client_ids",
                                           "inflight_bytes",
                                           "inflight_messages",
                                           "keep_alive",
                                           "maximum_qos",
                                           "mqtt3_session_expiry",
                                           "mqtt3_shared_subscriptions",
                                           "namespace_connects_per_second",
                                           "namespace_deliveries_per_second",
                                           "namespace_delivery_bytes_per_second",
                                           "namespace_publish_bytes_per_second",
                                           "namespace_publishes_per_second",
                                           "namespace_sessions",
                                           "namespace_shared_groups",
                                           "namespace_subscribes_per_second",
                                           "namespace_subscriptions",
                                           "outgoing_topic_aliases",
                                           "packet_bytes",
                                           "payload_bytes",
                                           "payload_format_checked",
                                           "profile",
                                           "property_bytes",
                                           "publish_bytes_per_second",
                                           "publishes_per_second",
                                           "queue_bytes",
                                           "queue_messages",
                                           "queue_overflow",
                                           "queue_qos0",
                                           "queue_subscriptions",  // events_stream_test.cpp
                                           "rate_patience",
                                           "receive_maximum",
                                           "refused_delivery",
                                           "response_information",
                                           "retained",
                                           "retained_message_bytes",
                                           "session_expiry",
                                           "session_shared_subscriptions",
                                           "sessions_of_name",
                                           "shared_group_subscriptions",
                                           "shared_subscriptions",
                                           "subscribe_filters",
                                           "subscribes_per_second",
                                           "subscription_identifiers",
                                           "subscriptions",
                                           "topic_aliases",
                                           "topic_bytes",
                                           "topic_levels",
                                           "user_property_bytes",
                                           "versions",
                                           "wildcard_subscriptions",
                                           "zero_message_expiry"};
  const auto manual = parse_json(trellis({"describe", "transport-mqtt", "-o", "json"}).out);
  EXPECT_EQ(manual["namespace_schema"]["properties"].getMemberNames(), tested);
}

}  // namespace
}  // namespace trellis::testing

// SIGHUP: what changed takes effect, what did not change is left alone, and a wrong file changes nothing.
#include "support/broker_config.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class Reload : public SiteTest {};

std::string another_listener(std::uint16_t port = 0, const std::string& name = "second") {
  return R"({"name": ")" + name + R"(", "address": "127.0.0.1:)" + std::to_string(port) +
         R"(", "protocol": "transport-mqtt"},)";
}

TEST_F(Reload, WithoutAChangeClientsStay) {
  start({.shards = 2});
  const auto topic = unique();
  auto subscriber = subscribed(Version::v5, {.filter = topic, .qos = 1});
  auto older = connected(Version::v311);
  EXPECT_TRUE(reload({.shards = 2}));
  older.publish({.topic = topic, .payload = "still here", .qos = 1});
  subscriber.acknowledge(subscriber.expect_publish("still here"));
}

TEST_F(Reload, NewListenerOpensBesideTheOldOne) {
  start({.shards = 2});
  auto client = subscribed(Version::v5, {.filter = unique()});
  EXPECT_TRUE(reload({.shards = 2, .listeners = another_listener()}));
  RawClient other(logged_port("second"));
  other.connect({.client_id = unique("other")});
  other.publish({.topic = unique(), .payload = "hello", .qos = 1});
  client.expect_publish("hello");
  RawClient(broker().port()).connect({.client_id = unique("third")});
}

TEST_F(Reload, RemovedListenerClosesAndItsClientsAreTold) {
  start({.shards = 2, .listeners = another_listener()});
  RawClient leaving(broker().port("second"));
  leaving.connect({.client_id = unique("leaving")});
  RawClient older(broker().port("second"), Version::v311);
  older.connect({.client_id = unique("older")});
  auto staying = connected();
  EXPECT_TRUE(reload({.shards = 2}));
  EXPECT_EQ(leaving.expect(PacketType::disconnect).reason, 0x8B);
  EXPECT_EQ(leaving.receive(), std::nullopt);
  EXPECT_EQ(older.receive(), std::nullopt);
  EXPECT_TRUE(eventually([&] {
    try {
      RawClient client(broker().port("second"));
      return false;
    } catch (const std::runtime_error&) {
      return true;
    }
  })) << "the listener still accepts";
  staying.expect_nothing();
}

TEST_F(Reload, ListenerThatMovesToAnotherPortIsAnotherListener) {
  start({.shards = 2});
  auto client = connected();
  Site moved{.shards = 2};
  auto config = moved.config();
  const std::string old = R"("name": "mqtt", "address": "127.0.0.1:0")";
  config.replace(config.find(old), old.size(), R"("name": "mqtt", "address": "127.0.0.2:0")");
  EXPECT_TRUE(reload_text(config));
  EXPECT_EQ(client.expect(PacketType::disconnect).reason, 0x8B);
}

TEST_F(Reload, ConnectionLimitTakesEffectAndLeavesClientsAlone) {
  start({});
  auto one = connected();
  auto two = connected();
  EXPECT_TRUE(reload({.listener = R"("connections": 2)"}));
  auto surplus = open();
  surplus.send_connect({.client_id = unique("surplus")});
  surplus.expect_refused_or_closed({0x97, 0x9F, 0x88, 0x89});
  one.expect_nothing();
  two.expect_nothing();
  EXPECT_TRUE(reload({}));
  connected().expect_nothing();
}

TEST_F(Reload, LimitsOfTheProtocolTakeEffectForNewClients) {
  start({});
  auto before = connected();
  EXPECT_TRUE(reload({.mqtt = R"("maximum_qos": 1, "packet_bytes": "2KiB")"}));
  before.expect_nothing();
  auto after = open();
  const auto connack = after.connect({.client_id = unique("after")});
  EXPECT_EQ(connack.properties.number(Prop::maximum_qos), 1u);
  EXPECT_EQ(connack.properties.number(Prop::maximum_packet_size), 2048u);
}

TEST_F(Reload, SessionsOfBeforeTheChangeAreResumedAfterIt) {
  start({});
  const auto topic = unique();
  auto client = connected(Version::v5, keeping(Version::v5, unique("keeper")));
  client.subscribe({{.filter = topic, .qos = 1}});
  client.disconnect();
  EXPECT_TRUE(reload({.mqtt = R"("receive_maximum": 7)"}));
  connected().publish({.topic = topic, .payload = "waiting", .qos = 1});
  auto again = open();
  const auto connack = again.connect(keeping(Version::v5, unique("keeper")));
  EXPECT_TRUE(connack.session_present);
  EXPECT_EQ(connack.properties.number(Prop::receive_maximum), 7u);
  again.expect_publish("waiting");
}

TEST_F(Reload, AclFileIsReadAgain) {
  const TemporaryDirectory folder;
  const auto acl = folder.write("acl", "topic readwrite open/#\n");
  const Site site{.plugins = R"("authorizer-acl": {"config": {"file": ")" + acl + R"(", "watch_interval": "100ms"}})",
                  .authorizers = R"("authorizer-acl")"};
  start(site);
  auto client = connected();
  EXPECT_EQ(client.publish({.topic = "open/x", .qos = 1})->reason, 0x10);
  EXPECT_EQ(client.publish({.topic = "shut/x", .qos = 1})->reason, 0x87);
  folder.write("acl", "topic readwrite shut/#\n");
  EXPECT_TRUE(reload(site));
  EXPECT_TRUE(eventually([&] { return client.publish({.topic = "open/x", .qos = 1})->reason == 0x87; }));
  EXPECT_EQ(client.publish({.topic = "shut/x", .qos = 1})->reason, 0x10);
}

TEST_F(Reload, WhatAnAclFileNoLongerAllowsIsNoLongerDelivered) {
  const TemporaryDirectory folder;
  const auto acl = folder.write("acl", "topic readwrite a\ntopic readwrite b\n");
  start({.plugins = R"("authorizer-acl": {"config": {"file": ")" + acl + R"(", "watch_interval": "100ms"}})",
         .authorizers = R"("authorizer-acl")"});
  auto subscriber = subscribed(Version::v5, {.filter = "a"});
  subscriber.subscribe({{.filter = "b"}});
  auto member = subscribed(Version::v5, {.filter = "$share/g/a"});
  member.subscribe({{.filter = "b"}});
  auto publisher = connected();
  publisher.publish({.topic = "a", .payload = "allowed", .qos = 1});
  for (auto* client : {&subscriber, &member}) client->expect_publish("allowed");
  folder.write("acl", "topic write a\ntopic readwrite b\n");
  EXPECT_TRUE(eventually([&] { return broker().output().find("was read again") != std::string::npos; }));
  publisher.publish({.topic = "a", .payload = "nobody may read it any more", .qos = 1});
  publisher.publish({.topic = "b", .payload = "last", .qos = 1});
  for (auto* client : {&subscriber, &member}) client->expect_publish("last");
}

TEST_F(Reload, AnotherAuthorizerTakesEffectForConnectedClients) {
  const TemporaryDirectory folder;
  const auto acl = folder.write("acl", "topic read all/#\n");
  start({});
  auto client = connected();
  EXPECT_EQ(client.publish({.topic = unique(), .qos = 1})->reason, 0x10);
  EXPECT_TRUE(reload({.plugins = R"("authorizer-acl": {"config": {"file": ")" + acl + R"("}})",
                      .authorizers = R"("authorizer-acl")"}));
  EXPECT_EQ(client.publish({.topic = unique(), .qos = 1})->reason, 0x87);
}

TEST_F(Reload, AnotherAuthenticatorTakesEffectForNewClients) {
  const TemporaryDirectory folder;
  const auto users = folder.write("users", "");
  start({});
  auto before = connected();
  EXPECT_TRUE(reload({.plugins = R"("authenticator-password": {"config": {"file": ")" + users + R"("}})",
                      .authenticators = R"("authenticator-password")"}));
  auto after = open();
  after.send_connect({.client_id = unique("after")});
  after.expect_refused({0x86, 0x87});
  before.expect_nothing();
}

TEST_F(Reload, LogLevelChanges) {
  start({.log = R"("level": "warn")"});
  EXPECT_EQ(broker().output().find("listening listener=mqtt"), std::string::npos);
  EXPECT_TRUE(reload({.log = R"("level": "info")", .listeners = another_listener()}));
  EXPECT_NE(logged_port("second"), 0);
}

TEST_F(Reload, LogFormatChanges) {
  start({.log = R"("format": "json")"});
  EXPECT_TRUE(reload({.log = R"("format": "text")"}));
  EXPECT_TRUE(eventually([&] { return broker().output().find(" info  app: reloaded ") != std::string::npos; }))
      << broker().output();
}

TEST_F(Reload, WrongFileIsRefusedWithThePlaceAndChangesNothing) {
  start({.listeners = another_listener()});
  auto client = connected();
  EXPECT_FALSE(reload_text("{\n  \"listners\": []\n}"));
  EXPECT_TRUE(broker().process().wait_for_output(
      [](const std::string& text) {
        const auto at = text.find("trellis.json:2:3: /listners: ");
        return at != std::string::npos && text.find("did you mean \"listeners\"?", at) != std::string::npos;
      },
      kPatience))
      << broker().output();
  client.expect_nothing();
  RawClient(broker().port("second")).connect({.client_id = unique("second")});
  EXPECT_FALSE(reload_text("this is no JSON"));
  EXPECT_FALSE(reload({.mqtt = R"("maximum_qos": 3)"}));
  auto after = open();
  EXPECT_FALSE(after.connect({.client_id = unique("after")}).properties.has(Prop::maximum_qos));
}

TEST_F(Reload, PluginThatRefusesItsSettingsLeavesEverythingAsItWas) {
  start({});
  auto client = connected();
  EXPECT_FALSE(reload({.plugins = R"("authorizer-acl": {"config": {"file": "nowhere"}})",
                       .listeners = another_listener(),
                       .authorizers = R"("authorizer-acl")"}));
  EXPECT_EQ(broker().output().find("listener=second"), std::string::npos);
  EXPECT_EQ(client.publish({.topic = unique(), .qos = 1})->reason, 0x10);
}

TEST_F(Reload, ListenerThatCannotBeOpenedRefusesTheWholeReload) {
  start({});
  auto client = connected();
  EXPECT_FALSE(reload({.listeners = another_listener() + another_listener(broker().port("admin"), "third"),
                       .mqtt = R"("maximum_qos": 1)"}));
  EXPECT_NE(broker().output().find("listener 'third': cannot listen on 127.0.0.1:"), std::string::npos)
      << broker().output();
  EXPECT_EQ(broker().output().find("listener=second"), std::string::npos) << broker().output();
  client.expect_nothing();
  auto after = open();
  EXPECT_FALSE(after.connect({.client_id = unique("after")}).properties.has(Prop::maximum_qos));
}

TEST_F(Reload, ListenerMayGetAnotherNameAndKeepItsPort) {
  start({.listeners = another_listener()});
  const std::uint16_t port = broker().port("second");
  EXPECT_TRUE(reload({.listeners = another_listener(port, "first")}));
  EXPECT_TRUE(reload({.listeners = another_listener(port, "renamed")}));
  EXPECT_EQ(logged_port("renamed"), port);
  RawClient(port).connect({.client_id = unique("late")});
}

TEST_F(Reload, WithoutAChangeMakesNothingAnew) {
  start({});
  EXPECT_TRUE(reload({}));
  EXPECT_TRUE(reload({}));
  EXPECT_EQ(count(broker().output(), "reloaded plugins_started=0"), 2u) << broker().output();
  EXPECT_TRUE(reload({.mqtt = R"("maximum_qos": 1)"}));
  EXPECT_EQ(count(broker().output(), "reloaded plugins_started=1"), 1u) << broker().output();
}

TEST_F(Reload, NumberOfShardsCannotChangeAndTheLogSaysSo) {
  start({.shards = 1});
  EXPECT_FALSE(reload({.shards = 2}));
  EXPECT_NE(broker().output().find("\"shards\" is read at start only"), std::string::npos) << broker().output();
}

TEST_F(Reload, ManyInARowUnderLoadLoseNothing) {
  start({.shards = 2});
  const auto topic = unique();
  auto subscriber = subscribed(Version::v5, {.filter = topic, .qos = 1});
  auto publisher = connected();
  for (int i = 0; i < 20; ++i) {
    const auto sent = publisher.send_publish({.topic = topic, .payload = std::to_string(i), .qos = 1});
    EXPECT_TRUE(reload({.shards = 2, .mqtt = R"("receive_maximum": )" + std::to_string(100 + i)}));
    EXPECT_EQ(publisher.expect(PacketType::puback).packet_id, sent);
    subscriber.acknowledge(subscriber.expect_publish(std::to_string(i)));
  }
}

TEST_F(Reload, RemovedListenerPublishesTheWillsOfItsClients) {
  start({.listeners = another_listener()});
  const auto topic = unique();
  auto watcher = subscribed(Version::v5, {.filter = topic, .qos = 1});
  RawClient leaving(broker().port("second"));
  leaving.connect({.client_id = unique("leaving"), .will = Will{.topic = topic, .payload = "gone", .qos = 1}});
  EXPECT_TRUE(reload({}));
  watcher.acknowledge(watcher.expect_publish("gone"));
}

std::string gate(const std::string& settings, const std::string& name) {
  return "\"" + name + R"(": {"file": ")" + test_plugins() + R"(/handler-gate.so", "config": {)" + settings + "}}";
}

TEST_F(Reload, RefusedForAPluginThatDoesNotStartStopsTheOthersAgain) {
  start({.plugins = gate("", "first")});
  EXPECT_FALSE(reload({.plugins = gate(R"("open": false)", "a-new-one") + ", " + gate(R"("starts": false)", "stuck")}));
  EXPECT_NE(broker().output().find("the gate is stuck"), std::string::npos) << broker().output();
  EXPECT_EQ(count(broker().output(), "a-new-one: gate started"), 1u) << broker().output();
  EXPECT_GE(count(broker().output(), "a-new-one: gate stopped"), 1u) << broker().output();
  EXPECT_EQ(count(broker().output(), "first: gate stopped"), 0u) << broker().output();
}

}  // namespace
}  // namespace trellis::testing

// Each kind of plugin does in a process of its own what it does in the broker, also in the one that follows.
#include <json/json.h>

#include "isolated_site.hpp"
#include "support/command.hpp"

namespace trellis::testing {
namespace {

struct Example {
  const char* folder;
  std::vector<std::string> plugins;
};

class ExamplesApart : public ::testing::TestWithParam<Example> {};

// Isolation is set in the file alone; the example's script and what it expects are as they are.
TEST_P(ExamplesApart, DoWhatTheyDoInTheBroker) {
  for (const char* isolation : {"none", "process"}) {
    const TemporaryDirectory copy;
    const fs::path folder = fs::path(copy.path()) / "example";
    fs::copy(fs::path(TRELLIS_EXAMPLES) / GetParam().folder, folder, fs::copy_options::recursive);
    fs::copy(fs::path(TRELLIS_EXAMPLES) / "broker.bash", copy.path());
    Json::Value config;
    std::ifstream(folder / "trellis.json") >> config;
    for (const std::string& plugin : GetParam().plugins) config["plugins"][plugin]["isolation"] = isolation;
    std::ofstream(folder / "trellis.json") << config;
    const auto result =
        run_command({"bash", folder / "run.sh", TRELLIS_EXAMPLE_PLUGINS}, "", {"TRELLIS_BIN=" + trellis_program()});
    EXPECT_EQ(result.code, 0) << isolation << '\n' << result.describe();
    EXPECT_NE(result.out.find("as expected:"), std::string::npos) << isolation;
  }
}

INSTANTIATE_TEST_SUITE_P(All, ExamplesApart,
                         ::testing::Values(Example{"01-stage-topic-prefix", {"stage-topic-prefix"}},
                                           Example{"02-predicate-number", {"predicate-number", "handler-lines"}},
                                           Example{"03-handler-lines", {"handler-lines"}},
                                           Example{"04-service-hello", {"service-hello"}},
                                           Example{"05-authenticator-token", {"authenticator-token"}},
                                           Example{"06-layer-meter", {"layer-meter"}}),
                         [](const auto& of) {
                           std::string name = of.param.folder;
                           std::erase(name, '-');
                           return "Example" + name;
                         });

class IsolatedKinds : public IsolatedSite {
 protected:
  /// Ends the plugin's process and waits for the next one.
  void replace(const std::string& plugin) {
    const double before = restarts();
    ASSERT_EQ(::kill(process_of(plugin), SIGKILL), 0);
    ASSERT_TRUE(eventually([&] { return restarts() > before && is_up(plugin); })) << broker().output();
  }
};

TEST_F(IsolatedKinds, FiltersAndDestinationsAreMadeAgain) {
  const TemporaryDirectory folder;
  std::string resources = text_of(fs::path(TRELLIS_EXAMPLES) / "02-predicate-number" / "resources" / "hot.json");
  const std::string variable = "${env:TRELLIS_EXAMPLE_DATA}";
  resources.replace(resources.find(variable), variable.size(), folder.path());
  folder.write("hot.json", resources);
  const std::string apart = R"(, "isolation": "process")";
  start({.plugins =
             R"("service-events": {}, )" + example("predicate-number", apart) + "," + example("handler-lines", apart),
         .root = R"("resources": ")" + folder.path() + "\""});
  auto publisher = connected();
  const auto publish = [&](const std::string& reading) {
    publisher.publish({.topic = "boiler/temp",
                       .payload = reading,
                       .qos = 1,
                       .properties = Properties().add(Prop::content_type, "application/json")});
  };
  const auto written = [&](const std::string& reading) {
    return text_of(folder.path() + "/hot.txt").find("\"data\":" + reading) != std::string::npos;
  };
  publish("31");
  EXPECT_TRUE(eventually([&] { return written("31"); })) << broker().output();
  for (const char* plugin : {"predicate-number", "handler-lines"}) replace(plugin);
  publish("29");
  publish("32");
  EXPECT_TRUE(eventually([&] { return written("32"); })) << broker().output();
  EXPECT_FALSE(written("29")) << "the filter was not made again";
}

TEST_F(IsolatedKinds, DeliveriesWaitForTheNextProcess) {
  const TemporaryDirectory folder;
  folder.write("all.json", R"({"topics": {"things": {}}, "routes": {"all": {"topic": "things", "topicFilters": ["#"]}},
    "eventSubscriptions": {"things/push": {"deliveryConfiguration": {"deliveryMode": "Push", "push": {"destination":
      {"endpointType": "Plugin", "properties": {"plugin": "handler-lines", "file": ")" +
                               folder.path() + R"(/all.txt"}}}}}}})");
  start({.plugins = R"("service-events": {}, )" + example("handler-lines", R"(, "isolation": "process")"),
         .root = R"("resources": ")" + folder.path() + "\""});
  auto publisher = connected();
  ASSERT_EQ(::kill(process_of("handler-lines"), SIGKILL), 0);
  publisher.publish({.topic = "meanwhile", .payload = "x", .qos = 1});
  EXPECT_TRUE(eventually([&] { return text_of(folder.path() + "/all.txt").find("meanwhile") != std::string::npos; }))
      << broker().output();
}

TEST_F(IsolatedKinds, ALayersConnectionsEndWithItAndOthersCome) {
  start({.plugins = example("layer-meter", R"(, "isolation": "process", "restart_pause": "20ms")"),
         .listener = R"("layers": ["layer-meter"])"});
  auto idle = connected();
  auto client = connected();
  client.publish({.topic = "x", .payload = std::string(600000, 'x'), .qos = 1});
  EXPECT_TRUE(eventually([&] { return metrics().sum("meter_received_bytes_total") > 600000; }));
  replace("layer-meter");
  idle.expect_closed();
  auto later = connected();
  EXPECT_EQ(later.publish({.topic = "x", .qos = 1})->reason, 0x10);
}

TEST_F(IsolatedKinds, AnAuthorizerIsAskedAgainOnceItIsBack) {
  const TemporaryDirectory folder;
  const auto acl = folder.write("acl", "topic readwrite open/#\n");
  start({.plugins = R"("authorizer-acl": {"isolation": "process", "config": {"file": ")" + acl + R"("}})",
         .authorizers = R"("authorizer-acl")"});
  auto client = connected();
  const auto reason = [&](const char* topic) { return client.publish({.topic = topic, .qos = 1})->reason; };
  EXPECT_EQ(reason("open/x"), 0x10);
  EXPECT_EQ(reason("shut/x"), 0x87);
  ASSERT_EQ(::kill(process_of("authorizer-acl"), SIGKILL), 0);
  // What was allowed before is remembered; what is new is denied until it is back, and asked about again then.
  EXPECT_EQ(reason("open/new"), 0x87);
  EXPECT_TRUE(eventually([&] { return reason("open/new") == 0x10; })) << broker().output();
  EXPECT_EQ(reason("shut/x"), 0x87);
  EXPECT_GE(fallbacks("authorize"), 1);
}

TEST_F(IsolatedKinds, AStageEditsAndCopies) {
  const TemporaryDirectory folder;
  const auto script = folder.write("rule.lua", R"(function on_publish(message, client)
    if message.topic == 'f' then return {topic = 'c', payload = ('%.0f'):format((message.payload - 32) / 1.8)} end
    if message.topic == 'alarm' then return {message.topic, {topic = 'alarms/' .. client.id, payload = 'copied'}} end
  end)");
  start({.plugins =
             R"("rule": {"plugin": "stage-lua", "isolation": "process", "config": {"script": ")" + script + R"("}})",
         .space = R"("stages": {"publish": ["rule"]})"});
  auto subscriber = subscribed(Version::v5, {.filter = "#"});
  auto publisher = connected(Version::v5, {.client_id = "boiler"});
  publisher.publish({.topic = "f", .payload = "212", .qos = 1});
  publisher.publish({.topic = "alarm", .payload = "hot", .qos = 1});
  const auto celsius = subscriber.expect(PacketType::publish);
  EXPECT_EQ(celsius.topic + " " + celsius.payload, "c 100");
  EXPECT_EQ(subscriber.expect(PacketType::publish).topic, "alarm");
  EXPECT_EQ(subscriber.expect_publish("copied").topic, "alarms/boiler");
}

TEST_F(IsolatedKinds, WhatDoesNotFitTheRingGetsTheFallback) {
  start({.plugins = stage(), .space = kStaged, .mqtt = R"("packet_bytes": "8MiB")"});
  auto publisher = connected();
  auto subscriber = subscribed(Version::v5, {.filter = "bad/x"});
  publisher.publish({.topic = "bad/x", .payload = std::string(3 << 20, 'x'), .qos = 1});
  EXPECT_EQ(subscriber.expect(PacketType::publish).payload.size(), 3U << 20);
  EXPECT_EQ(fallbacks("on_messages"), 1);
  EXPECT_TRUE(dropped(publisher));
}

}  // namespace
}  // namespace trellis::testing

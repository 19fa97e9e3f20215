// Rules in Lua, in the running program.
#include <filesystem>

#include "support/child_process.hpp"
#include "support/command.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class Lua : public SiteTest {
 protected:
  /// Beside the old one and then in its place, so that nobody reads half of it.
  void write(const std::string& name, const std::string& text) {
    const std::string made = scripts_.write(name + ".new", text);
    std::filesystem::rename(made, made.substr(0, made.size() - 4));
  }
  std::string rule(const std::string& name, const std::string& more = "") {
    return "{\"plugin\": \"stage-lua\", \"config\": {\"script\": \"" + scripts_.path() + "/" + name +
           "\", \"watch_interval\": \"20ms\"" + more + "}}";
  }
  static Site site(const std::string& publish, const std::string& deliver = "") {
    return {.plugins = publish + (deliver.empty() ? "" : ", " + deliver),
            .space = std::string(R"("stages": {"publish": ["rule"])") +
                     (deliver.empty() ? "" : R"(, "deliver": ["outward"])") + "}"};
  }
  bool logged(const std::string& text) {
    return eventually([&] { return broker().output().find(text) != std::string::npos; });
  }

  TemporaryDirectory scripts_;
};

TEST_F(Lua, RulesMoveCopyChangeAndDrop) {
  write("rule.lua", R"(function on_publish(message, client)
    if message.topic == 'drop' then return drop('unwanted') end
    if message.topic == 'f' then return {topic = 'c', payload = ('%.0f'):format((message.payload - 32) / 1.8)} end
    if message.topic == 'alarm' then return {message.topic, {topic = 'alarms/' .. client.id, payload = json.encode({text = message.payload})}} end
  end)");
  write("outward.lua",
        "function on_deliver(message) if message.topic == 'c' then return {user_properties = {unit = 'Cel'}} end end");
  start(site("\"rule\": " + rule("rule.lua"), "\"outward\": " + rule("outward.lua", R"(, "hook": "on_deliver")")));
  auto subscriber = connected();
  subscriber.subscribe({{.filter = "#"}});
  auto publisher = connected(Version::v5, {.client_id = "boiler"});
  for (const auto& [topic, payload] :
       std::vector<std::pair<std::string, std::string>>{{"drop", "x"}, {"f", "212"}, {"alarm", "hot"}})
    publisher.publish({.topic = topic, .payload = payload, .qos = 1});
  const auto celsius = subscriber.expect(PacketType::publish);
  EXPECT_EQ(celsius.topic + " " + celsius.payload, "c 100");
  EXPECT_EQ(subscriber.expect(PacketType::publish).topic, "alarm");
  const auto copy = subscriber.expect(PacketType::publish);
  EXPECT_EQ(copy.topic + " " + copy.payload, R"(alarms/boiler {"text":"hot"})");
}

TEST_F(Lua, WhatCameIsRecordedAndReplayed) {
  start({.plugins = R"("service-mqtt-http": {})",
         .listeners = R"({"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http",
                          "services": {"/mqtt": "service-mqtt-http"}},)"});
  ChildProcess recorder({trellis_program(), "ctl", "record", "boiler/#", "--max", "20", "--mqtt-api",
                         "http://127.0.0.1:" + std::to_string(broker().port("web")) + "/mqtt"});
  auto publisher = connected(Version::v5, {.client_id = "boiler"});
  const auto hot = Properties().user("level", "81");
  // Whatever comes before it listens is not recorded, and how long that takes nobody knows.
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (int i = 0; recorder.running() && std::chrono::steady_clock::now() < until; ++i) {
    publisher.publish({.topic = "boiler/" + std::to_string(i % 2), .payload = "hot", .qos = 1, .properties = hot});
  }
  ASSERT_EQ(recorder.wait(std::chrono::seconds(20)), 0) << recorder.output();
  const std::string record = scripts_.write("boiler.jsonl", recorder.output());
  const std::string now = scripts_.write("now.lua",
                                         "function on_publish(message) if tonumber(message.user_properties.level) > 80 "
                                         "then return {message.topic, 'alarms/' .. message.topic} end end");
  const std::string next = scripts_.write("next.lua",
                                          "function on_publish(message) if message.topic == 'boiler/1' and "
                                          "tonumber(message.user_properties.level) > 80 "
                                          "then return {message.topic, 'alarms/' .. message.topic} end end");
  const auto same = trellis({"lua", "replay", now, "--against", now, "--record", record});
  EXPECT_EQ(same.code, 0) << same.describe();
  EXPECT_EQ(same.out, "0 of 20 calls differ\n");
  const auto other = trellis({"lua", "replay", next, "--against", now, "--record", record});
  EXPECT_EQ(other.code, 1) << other.describe();
  EXPECT_TRUE(other.out.ends_with("10 of 20 calls differ\n")) << other.describe();
  EXPECT_NE(other.out.find(R"(  - [{"topic": "boiler/0", "payload": "hot", )"), std::string::npos) << other.describe();
}

TEST_F(Lua, AScriptThatLoopsHoldsNobodyUp) {
  write("rule.lua",
        "function on_publish(message) while message.topic == 'loop' do pcall(string.find, ('a'):rep(3000), '.-.-.-b$') "
        "end end");
  start(site("\"rule\": " + rule("rule.lua", R"(, "on_error": "drop")")));
  auto subscriber = connected();
  subscriber.subscribe({{.filter = "#"}});
  auto publisher = connected();
  publisher.publish({.topic = "loop", .payload = "x", .qos = 1});
  publisher.publish({.topic = "calm", .payload = "y", .qos = 1});
  EXPECT_EQ(subscriber.expect(PacketType::publish).topic, "calm");
  EXPECT_TRUE(logged("the call took longer than its budget of 10 ms of CPU time"));
}

TEST_F(Lua, AChangedScriptIsTakenWhileMessagesFlow) {
  write("rule.lua", "function on_publish() return {topic = 'old'} end");
  start(site("\"rule\": " + rule("rule.lua")));
  auto subscriber = connected();
  subscriber.subscribe({{.filter = "#"}});
  auto publisher = connected();
  publisher.publish({.topic = "a", .payload = "1", .qos = 1});
  EXPECT_EQ(subscriber.expect(PacketType::publish).topic, "old");
  write("rule.lua", "function on_publish( broken");
  EXPECT_TRUE(logged("the script cannot be used, the one of before stays"));
  publisher.publish({.topic = "a", .payload = "2", .qos = 1});
  EXPECT_EQ(subscriber.expect(PacketType::publish).topic, "old");
  write("rule.lua", "function on_publish() return {topic = 'new'} end");
  EXPECT_TRUE(logged("the script was replaced"));
  publisher.publish({.topic = "a", .payload = "3", .qos = 1});
  EXPECT_EQ(subscriber.expect(PacketType::publish).topic, "new");
}

TEST_F(Lua, AReloadTakesAnotherScriptAndRefusesOneThatIsWrong) {
  write("rule.lua", "function on_publish() return {topic = 'first'} end");
  write("other.lua", "function on_publish() return {topic = 'second'} end");
  write("wrong.lua", "function on_publish() end end");
  start(site("\"rule\": " + rule("rule.lua")));
  auto subscriber = connected();
  subscriber.subscribe({{.filter = "#"}});
  auto publisher = connected();
  EXPECT_FALSE(reload(site("\"rule\": " + rule("wrong.lua"))));
  publisher.publish({.topic = "a", .payload = "1", .qos = 1});
  EXPECT_EQ(subscriber.expect(PacketType::publish).topic, "first");
  EXPECT_TRUE(reload(site("\"rule\": " + rule("other.lua"))));
  publisher.publish({.topic = "a", .payload = "2", .qos = 1});
  EXPECT_EQ(subscriber.expect(PacketType::publish).topic, "second");
}

}  // namespace
}  // namespace trellis::testing

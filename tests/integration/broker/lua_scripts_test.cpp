// Scripts in Lua that judge clients, rights and events, in the running program; and scripts replaced under load.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "json.hpp"
#include "support/endpoint.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class LuaScripts : public SiteTest {
 protected:
  /// Beside the old one and then in its place, so that nobody reads half of it.
  void write(const std::string& name, const std::string& text) {
    const std::string made = scripts_.write(name + ".new", text);
    std::filesystem::rename(made, made.substr(0, made.size() - 4));
  }
  /// "name": an instance of that plugin with the script name.lua.
  std::string instance(const std::string& name, const std::string& plugin, const std::string& more = "") {
    return "\"" + name + "\": {\"plugin\": \"" + plugin + "\", \"config\": {\"script\": \"" + scripts_.path() + "/" +
           name + ".lua\", \"watch_interval\": \"10ms\"" + more + "}}";
  }
  bool logged(const std::string& text) {
    return eventually([&] { return broker().output().find(text) != std::string::npos; });
  }

  const std::string& scripts() const { return scripts_.path(); }

 private:
  TemporaryDirectory scripts_;
};

TEST_F(LuaScripts, DecideWhoConnectsAndSubscribes) {
  write("access.lua", R"(
    function on_connect(client) if client.id == 'eve' then return deny('not you') end end
    function on_subscribe(filter) return filter ~= 'secret/#' end
    function may_publish(topic) if topic == 'closed' then return false end return true end)");
  start({.plugins = instance("access", "authorizer-lua"), .authorizers = R"("access")"});
  auto eve = open();
  eve.send_connect({.client_id = "eve"});
  eve.expect_refused({0x87});
  auto ada = connected(Version::v5, {.client_id = "ada"});
  EXPECT_EQ(ada.subscribe({{.filter = "secret/#"}, {.filter = "news/#"}}).reasons.at(0), 0x87);
  EXPECT_EQ(ada.publish({.topic = "closed", .payload = "x", .qos = 1})->reason, 0x87);
  EXPECT_EQ(ada.publish({.topic = "open", .payload = "x", .qos = 1})->reason & 0x80, 0);
  write("access.lua", "function may_publish(topic) return topic ~= 'open' end function on_subscribe() return true end");
  EXPECT_TRUE(logged("the script was replaced"));
  EXPECT_TRUE(eventually([&] { return ada.publish({.topic = "open", .payload = "x", .qos = 1})->reason == 0x87; }))
      << "what was remembered is forgotten";
}

TEST_F(LuaScripts, ChooseTheMemberOfASharedSubscription) {
  write("key.lua", "function on_publish(message) return {user_properties = {machine = message.topic:sub(7)}} end");
  start({.plugins = instance("key", "stage-lua"),
         .space = R"("stages": {"publish": ["key"]}, "shared_subscriptions": {"key_property": "machine"})"});
  auto one = connected();
  auto two = connected();
  for (RawClient* worker : {&one, &two}) worker->subscribe({{.filter = "$share/g/plant/#"}, {.filter = "end"}});
  auto publisher = connected();
  constexpr int kMachines = 8;
  constexpr int kEach = 10;
  for (int i = 0; i < kEach * kMachines; ++i) {
    publisher.publish({.topic = "plant/" + std::to_string(i % kMachines), .payload = std::to_string(i), .qos = 1});
  }
  publisher.publish({.topic = "end", .payload = "", .qos = 1});
  std::map<std::string, int> seen[2];
  for (RawClient* worker : {&one, &two}) {
    for (Packet packet = worker->expect(PacketType::publish); packet.topic != "end";
         packet = worker->expect(PacketType::publish)) {
      ++seen[worker == &one ? 0 : 1][packet.topic];
    }
  }
  EXPECT_EQ(seen[0].size() + seen[1].size(), kMachines);
  for (const auto& some : seen) {
    EXPECT_FALSE(some.empty());
    for (const auto& [topic, count] : some) EXPECT_EQ(count, kEach) << topic;
  }
}

TEST_F(LuaScripts, WaitForASlowServer) {
  std::atomic<int> asked{0};
  Endpoint endpoint([&](const Endpoint::Request& request) -> Endpoint::Answer {
    ++asked;
    if (request.body == "slow") return {.bytes = "", .then = Endpoint::Then::stall};
    return {.bytes = request.body == "ada" ? Endpoint::status(200, "", "lovelace") : Endpoint::status(403)};
  });
  write("who.lua", "function on_authenticate(credentials) local answer, why = http.post('" + endpoint.url("/judge") +
                       R"(', {body = credentials.username})
    if answer == nil then return deny(why) end
    if answer.status == 200 then return allow(answer.body) end
    return deny('unknown') end)");
  write("seen.lua",
        "function on_publish(message, client) return {payload = client.name .. ' by ' .. "
        "tostring(client.authenticator)} end");
  start({.plugins = instance("who", "authenticator-lua",
                             R"(, "timeout": "2s", "hosts": ["127.0.0.1:)" + std::to_string(endpoint.port()) + "\"]") +
                    ", " + instance("seen", "stage-lua"),
         .root = R"("outbound": {"allow": ["127.0.0.0/8"]})",
         .space = R"("stages": {"publish": ["seen"]})",
         .authenticators = R"("who")"});
  auto slow = open();
  slow.send_connect({.client_id = "slow", .username = "slow"});
  EXPECT_TRUE(eventually([&] { return asked == 1; }));
  auto ada = connected(Version::v5, {.client_id = "a", .username = "ada"});
  auto reader = connected(Version::v5, {.client_id = "r", .username = "ada"});
  reader.subscribe({{.filter = "t"}});
  ada.publish({.topic = "t", .payload = "x", .qos = 1});
  EXPECT_EQ(reader.expect(PacketType::publish).payload, "lovelace by who") << "stages know the publisher";
  auto eve = open();
  eve.send_connect({.client_id = "eve", .username = "eve"});
  eve.expect_refused({0x87});
  slow.expect_refused({0x87, 0x88});
}

// The instance has a name behind that of the service that asks it: at the end it is freed before that one.
TEST_F(LuaScripts, ChooseEventsOfSubscriptions) {
  write("which.lua", R"(function hot(event, arguments)
    return type(event.data) == 'table' and event.data.celsius > arguments.above end)");
  TemporaryDirectory resources;
  const auto site = [&](const std::string& function) {
    resources.write("routes.json", R"({"topics": {"hot": {}}, "routes": {"hot": {"topic": "hot", "topicFilters":
      ["ovens/#"], "predicate": {"plugin": "which", "filter": {"function": ")" +
                                       function + R"(", "arguments": {"above": 200}}}}},
      "eventSubscriptions": {"hot/push": {"deliveryConfiguration": {"deliveryMode": "Push", "push": {"destination":
        {"endpointType": "Plugin", "properties": {"plugin": "gate"}}}}}}})");
    return Site{.plugins = instance("which", "predicate-lua") + R"(, "gate": {"file": ")" + test_plugins() +
                           R"(/handler-gate.so"}, "service-events": {})",
                .root = R"("resources": ")" + resources.path() + R"(")"};
  };
  start(site("hot"));
  auto publisher = connected();
  const auto send = [&](const std::string& payload) {
    publisher.publish({.topic = "ovens/3",
                       .payload = payload,
                       .qos = 1,
                       .properties = Properties().add(Prop::content_type, "application/json")});
  };
  send(R"({"celsius": 190})");
  send("no json");
  send(R"({"celsius": 230})");
  EXPECT_TRUE(logged(R"("data":{"celsius": 230}})"));
  EXPECT_EQ(broker().output().find(R"("celsius": 190)"), std::string::npos);
  EXPECT_FALSE(reload(site("cold")));
  EXPECT_TRUE(logged("function cold"));
}

TEST_F(LuaScripts, PublishByTimers) {
  write("beat.lua",
        "function on_timer(name) publish{topic = 'beat', payload = tostring(state.incr('n')), qos = 1} end");
  start({.shards = 2,
         .plugins = instance("beat", "stage-lua", R"(, "timer": "50ms")"),
         .space = R"("stages": {"publish": ["beat"]})"});
  auto subscriber = connected();
  subscriber.subscribe({{.filter = "beat"}});
  int last = std::stoi(subscriber.expect(PacketType::publish).payload);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(std::stoi(subscriber.expect(PacketType::publish).payload), ++last);
}

TEST_F(LuaScripts, SendEventsToTopics) {
  write("late.lua", R"(function on_publish(message)
      publish_event('orders', {type = 'order.late', source = '/desk', subject = message.payload}) end)");
  write("chosen.lua", "function on_event(event) return event.subject ~= '2' end");
  const std::string resources = scripts() + "/resources";
  std::filesystem::create_directory(resources);
  write("resources/events.json", R"({"topics": {"orders": {}}, "eventSubscriptions": {"orders/audit": {
      "deliveryConfiguration": {}, "predicate": {"plugin": "chosen"}}}})");
  start({.shards = 2,
         .plugins = instance("late", "stage-lua") + ", " + instance("chosen", "predicate-lua") +
                    R"(, "service-events": {"config": {"access": {"anonymous": true}}})",
         .listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                          "services": {"/": "service-events"}},)",
         .root = R"("resources": ")" + resources + '"',
         .space = R"("stages": {"publish": ["late"]})"});
  auto publisher = connected();
  for (const char* const order : {"1", "2", "3"}) publisher.publish({.topic = "placed", .payload = order, .qos = 1});
  HttpClient client(broker().port("events"));
  std::set<std::string> subjects;
  EXPECT_TRUE(eventually([&] {
    client.send(
        "POST /topics/orders/eventsubscriptions/audit:receive?api-version=2024-06-01&maxWaitTime=10 HTTP/1.1\r\n"
        "host: localhost\r\ncontent-length: 0\r\n\r\n");
    const HttpAnswer answer = client.receive();
    EXPECT_EQ(answer.status, 200) << answer.body;
    const Json::Value body = parse_json(answer.body);
    for (const auto& one : body["value"]) subjects.insert(one["event"]["subject"].asString());
    return subjects.size() == 2;
  }));
  EXPECT_EQ(subjects, (std::set<std::string>{"1", "3"})) << broker().output();
}

/// How often the script is replaced: TRELLIS_LUA_REPLACEMENTS, or a number that is quick.
int replacements() {
  const char* const wanted = std::getenv("TRELLIS_LUA_REPLACEMENTS");
  return wanted == nullptr ? 100 : std::atoi(wanted);
}

TEST_F(LuaScripts, ReplacedUnderLoadLoseNothingAndJudgeEachMessageOnce) {
  const auto script = [&](int version) {
    write("rule.lua", "function on_publish(message) return {payload = message.payload .. ',' .. " +
                          std::to_string(version) + "} end");
  };
  script(0);
  start({.shards = 2,
         .plugins = instance("rule", "stage-lua", R"(, "on_error": "drop")"),
         .space = R"("stages": {"publish": ["rule"]})"});
  auto subscriber = connected();
  subscriber.subscribe({{.filter = "load", .qos = 1}});
  auto publisher = connected();
  constexpr int kAtOnce = 32;
  long next = 0;
  int seen = 0;
  const int wanted = replacements();
  for (int version = 1; version <= wanted; ++version) {
    script(version);
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (seen < version && std::chrono::steady_clock::now() < until) {
      for (int i = 0; i < kAtOnce; ++i)
        publisher.send_publish({.topic = "load", .payload = std::to_string(next + i), .qos = 1});
      for (int i = 0; i < kAtOnce; ++i) publisher.expect(PacketType::puback);
      for (int i = 0; i < kAtOnce; ++i, ++next) {
        const auto message = subscriber.expect(PacketType::publish);
        subscriber.acknowledge(message);
        const auto comma = message.payload.find(',');
        ASSERT_EQ(message.payload.substr(0, comma), std::to_string(next)) << "lost, or out of order";
        ASSERT_EQ(message.payload.find(',', comma + 1), std::string::npos) << "judged twice: " << message.payload;
        const int by = std::stoi(message.payload.substr(comma + 1));
        ASSERT_GE(by, seen) << "an older version judged after a newer one";
        ASSERT_LE(by, version);
        seen = by;
      }
    }
    ASSERT_EQ(seen, version);
  }
  RecordProperty("messages", std::to_string(next));
  std::printf("%d replacements, %ld messages\n", wanted, next);
}

}  // namespace
}  // namespace trellis::testing

// What is seen from outside: health, $SYS topics and the log.
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "json.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

class Health : public SiteTest {};

TEST_F(Health, LivenessAndReadinessAnswerAsJson) {
  start({.shards = 2});
  const auto live = http_get(broker().port("admin"), "/healthz");
  EXPECT_EQ(live.status, 200);
  EXPECT_EQ(parse_json(live.body)["status"], "ok");
  const auto ready = http_get(broker().port("admin"), "/readyz");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(parse_json(ready.body)["status"], "ready");
}

TEST_F(Health, MetricsArePrometheusText) {
  start({});
  connected().publish({.topic = unique(), .payload = "x", .qos = 1});
  const auto answer = http_get(broker().port("admin"), "/metrics");
  EXPECT_NE(answer.head.find("text/plain; version=0.0.4"), std::string::npos) << answer.head;
  const std::regex comment("# (HELP|TYPE) trellis_[a-z0-9_]+ .+");
  const std::regex sample("trellis_[a-z0-9_]+(\\{([a-z_]+=\"[^\"]*\",?)+\\})? -?[0-9.e+]+");
  std::istringstream lines(answer.body);
  for (std::string line; std::getline(lines, line);)
    EXPECT_TRUE(std::regex_match(line, line[0] == '#' ? comment : sample)) << line;
  EXPECT_EQ(metrics().sum("trellis_messages_published_total"), 1);
}

TEST_F(Health, MetricsCountConnectionsByVersionAndRefusalsByReason) {
  start({.listener = R"("connections": 3)"});
  auto v31 = connected(Version::v31);
  auto v311 = connected(Version::v311);
  auto v5 = connected();
  for (const char* version : {"3.1", "3.1.1", "5.0"})
    expect_metric("trellis_mqtt_connections", std::string("version=\"") + version + '"', 1);
  auto surplus = open();
  surplus.expect_closed();
  expect_metric("trellis_connections_refused_total", "", 1);
  v31.disconnect();
  auto wrong = open();
  wrong.send_connect({.client_id = unique(), .flags = std::uint8_t{0x01}});
  wrong.expect_refused_or_closed({0x81, 0x82});
  expect_metric("trellis_mqtt_connections", "", 2);
}

// Every family is in docs/metrics.md under its whole name with its labels, and so are the values the kernel's have.
// What packets are called is MQTT's business and not listed.
TEST_F(Health, ManualNamesEveryMetricAndEveryReason) {
  const std::string users = ::testing::TempDir() + "no-users";
  std::ofstream(users).flush();
  start({.plugins = R"("service-sys-topics": {}, "authenticator-password": {"config": {"file": ")" + users + "\"}}",
         .authenticators = R"("authenticator-anonymous", "authenticator-password")"});
  std::ifstream file(TRELLIS_DOCS "/metrics.md");
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  const std::regex sample("(trellis_[a-z0-9_]+)(\\{(.*)\\})? .*");
  const std::regex label("([a-z_]+)=\"([^\"]*)\"");
  std::set<std::string> missing;
  std::istringstream lines(http_get(broker().port("admin"), "/metrics").body);
  for (std::string line; std::getline(lines, line);) {
    std::smatch parts;
    if (!std::regex_match(line, parts, sample)) continue;
    const std::string name = parts[1];
    const std::string labels = parts[3];
    std::string keys;
    for (auto one = std::sregex_iterator(labels.begin(), labels.end(), label); one != std::sregex_iterator(); ++one) {
      if ((*one)[1] == "namespace") continue;
      keys += (keys.empty() ? "" : ",") + (*one)[1].str();
      if ((*one)[1] == "shard" || (*one)[1] == "plugin") continue;  // as many as there are
      const std::string value = '`' + (*one)[2].str() + '`';
      if (name.find("_mqtt_") == std::string::npos && manual.find(value) == std::string::npos)
        missing.insert(name + ": " + value);
    }
    const std::string heading = '`' + name + (keys.empty() ? "" : '{' + keys + '}') + '`';
    if (manual.find(heading) == std::string::npos) missing.insert(heading);
  }
  EXPECT_EQ(missing, std::set<std::string>());
}

// ---- $SYS

class SysTopics : public SiteTest {
 protected:
  void SetUp() override { start({.plugins = R"("service-sys-topics": {"config": {"interval": "1s"}})"}); }
  std::string value_of(RawClient& client, const std::string& topic) {
    client.subscribe({{.filter = "$SYS/broker/" + topic}});
    return client.expect(PacketType::publish).payload;
  }
};

TEST_F(SysTopics, AreNamedAsMosquittoNamesThem) {
  auto client = connected();
  const std::vector<std::string> loads = {"connections",      "sockets",         "bytes/received",
                                          "bytes/sent",       "messages/sent",   "messages/received",
                                          "publish/received", "publish/dropped", "publish/sent"};
  for (const auto& load : loads)
    for (const char* span : {"/1min", "/5min", "/15min"})
      EXPECT_NE(value_of(client, "load/" + load + span), "") << load << span;
  for (const char* topic : {"version",
                            "uptime",
                            "clients/connected",
                            "clients/disconnected",
                            "clients/total",
                            "clients/maximum",
                            "clients/active",
                            "clients/inactive",
                            "messages/received",
                            "messages/sent",
                            "messages/stored",
                            "messages/inflight",
                            "clients/expired",
                            "publish/bytes/received",
                            "publish/bytes/sent",
                            "shared_subscriptions/count",
                            "heap/current",
                            "heap/maximum",
                            "publish/messages/received",
                            "publish/messages/sent",
                            "publish/messages/dropped",
                            "bytes/received",
                            "bytes/sent",
                            "subscriptions/count",
                            "retained messages/count",
                            "store/messages/count",
                            "store/messages/bytes"})
    EXPECT_NE(value_of(client, topic), "") << topic;
}

TEST_F(SysTopics, TellNumbersThatFollowWhatHappens) {
  // Connections that are no clients.
  const RawClient http(broker().port("admin"));
  const auto silent = open();
  auto watcher = connected();
  watcher.subscribe({{.filter = "$SYS/broker/clients/connected"}});
  auto other = connected();
  watcher.set_deadline(kPatience);
  while (watcher.expect(PacketType::publish).payload != "2") continue;
  other.disconnect();
  while (watcher.expect(PacketType::publish).payload != "1") continue;
}

TEST_F(SysTopics, TellBytesOfPayloadsAndSharedSubscriptionsAndExpiredSessions) {
  const auto expect_value = [&](const std::string& topic, const std::string& value) {
    auto watcher = subscribed(Version::v5, {.filter = "$SYS/broker/" + topic});
    watcher.set_deadline(kPatience);
    while (watcher.expect(PacketType::publish).payload != value) continue;
  };
  auto member = subscribed(Version::v5, {.filter = "$share/g/" + unique(), .qos = 1});
  auto brief =
      connected(Version::v5, {.client_id = unique("brief"), .properties = Properties().add(Prop::session_expiry, 1)});
  connected().publish({.topic = unique(), .payload = "12345", .qos = 1});
  const auto received = member.expect_publish("12345");
  brief.disconnect();
  expect_value("shared_subscriptions/count", "1");
  expect_value("publish/bytes/received", "5");
  expect_value("messages/inflight", "1");
  member.acknowledge(received);
  expect_value("messages/inflight", "0");
  expect_value("clients/expired", "1");
  auto watcher = connected();
  EXPECT_GT(std::stoi(value_of(watcher, "publish/bytes/sent")), 5);
}

TEST_F(SysTopics, AreRetainedAndHiddenFromLeadingWildcards) {
  auto client = connected();
  client.subscribe({{.filter = "#"}, {.filter = "+/broker/#"}});
  client.expect_nothing();
  // The first figures may be on their way still, and those are not retained ones.
  EXPECT_TRUE(eventually([&] {
    client.unsubscribe({"$SYS/broker/version"});
    client.subscribe({{.filter = "$SYS/broker/version"}});
    return client.expect(PacketType::publish).retain;
  }));
}

TEST_F(SysTopics, CannotBePublishedByClients) {
  auto client = connected();
  EXPECT_GE(client.publish({.topic = "$SYS/broker/version", .payload = "mine", .qos = 1})->reason, 0x80);
}

// ---- the log

class Log : public SiteTest {
 protected:
  /// Lines of standard error; standard output has the two kinds of line named here.
  std::vector<std::string> lines() {
    std::vector<std::string> found;
    std::istringstream text(broker().output());
    for (std::string line; std::getline(text, line);)
      if (line != "ready" && line.rfind("listening ", 0) != 0) found.push_back(line);
    return found;
  }
  /// Things that are worth a line at every level.
  void make_noise() {
    auto client = connected(Version::v5, {.username = "ada \"the first\"\n", .password = "open sesame"});
    client.publish({.topic = unique(), .payload = "precious payload", .qos = 1});
    auto wrong = open();
    wrong.send_hex("10 FF FF FF FF");
    wrong.expect_closed();
    EXPECT_FALSE(reload_text("{"));
  }
  static Site noisy(const std::string& format) {
    return {.log = R"("level": "trace", "format": ")" + format + '"',
            .plugins = R"("authenticator-anonymous": {"config": {"any_credentials": true}})"};
  }
};

TEST_F(Log, TextLinesHaveTimeLevelAndRoom) {
  start(noisy("text"));
  make_noise();
  EXPECT_EQ(terminate(), 0);
  const std::regex line(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (trace|debug|info |warn |error) [a-z0-9-]+: .+)");
  ASSERT_FALSE(lines().empty());
  for (const auto& one : lines()) EXPECT_TRUE(std::regex_match(one, line)) << one;
}

TEST_F(Log, JsonLinesAreObjectsWithTheSameFacts) {
  start(noisy("json"));
  auto client = connected(Version::v5, {.username = "ada \"the first\"\n", .password = "open sesame"});
  EXPECT_EQ(terminate(), 0);
  ASSERT_FALSE(lines().empty());
  bool listening = false;
  for (const auto& one : lines()) {
    const auto json = parse_json(one);
    ASSERT_TRUE(json.isObject()) << one;
    for (const char* key : {"time", "level", "component", "message"})
      EXPECT_TRUE(json[key].isString()) << key << " of " << one;
    listening = listening || (json["message"] == "listening" && json["listener"] == "mqtt");
  }
  EXPECT_TRUE(listening);
}

TEST_F(Log, PasswordsAndPayloadsAreNeverInIt) {
  start(noisy("text"));
  make_noise();
  EXPECT_EQ(terminate(), 0);
  EXPECT_EQ(broker().output().find("sesame"), std::string::npos) << broker().output();
  EXPECT_EQ(broker().output().find("precious"), std::string::npos) << broker().output();
}

TEST_F(Log, LevelOfOneRoomCanDiffer) {
  start({.log = R"("level": "off", "levels": {"app": "info"})"});
  EXPECT_EQ(terminate(), 0);
  EXPECT_NE(broker().output().find("info  app: stopped"), std::string::npos) << broker().output();
}

}  // namespace
}  // namespace trellis::testing

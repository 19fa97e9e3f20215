// What the broker tells of its clients, resources and itself, with real clients that come and go for every reason there
// is.
#include <gmock/gmock.h>
#include <json/json.h>

#include <filesystem>

#include "json.hpp"
#include "support/command.hpp"
#include "support/faulty_store.hpp"
#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* kPlugin =
    R"("service-system-events": {"config": {"resource_delay": "100ms", "watch_interval": "100ms"}})";

class SystemEvents : public SiteTest {
 protected:
  static Site site(const std::string& mqtt = "") { return {.shards = 2, .plugins = kPlugin, .mqtt = mqtt}; }
  void begin(const Site& wanted, const Connect& who = {}) {
    start(wanted);
    watcher_.emplace(connected(Version::v5, who));
    watcher_->subscribe({{.filter = "$events/system/#", .qos = 1}});
  }
  /// The next event whose type ends so and whose subject contains that; others are skipped.
  Json::Value next(const std::string& type, const std::string& subject = "") {
    for (int i = 0; i < 100; ++i) {
      const Packet packet = watcher_->expect(PacketType::publish);
      watcher_->acknowledge(packet);
      EXPECT_EQ(packet.properties.text(Prop::content_type), "application/cloudevents+json");
      const Json::Value event = parse_json(packet.payload);
      if (event["type"].asString().ends_with(type) && event["subject"].asString().find(subject) != std::string::npos)
        return event;
    }
    ADD_FAILURE() << "there is no event of " << type;
    return {};
  }
  /// Why the client with that identifier went; its numbers fit.
  std::string why(const std::string& session) {
    const std::string end = "/sessions/" + session;
    const Json::Value came = next("SessionConnected", end)["data"];
    const Json::Value went = next("SessionDisconnected", end)["data"];
    EXPECT_EQ(went["sequenceNumber"], came["sequenceNumber"]);
    EXPECT_EQ(went["clientSessionName"], session);
    EXPECT_EQ(went["namespaceName"], "default");
    return went["disconnectionReason"].asString();
  }
  RawClient client(const std::string& id, Version version = Version::v5, Connect connect = {}) {
    connect.client_id = id;
    return connected(version, connect);
  }
  std::optional<RawClient> watcher_;
};

TEST_F(SystemEvents, OfClientsThatGoByThemselves) {
  begin(site());
  client("leaves").disconnect();
  EXPECT_EQ(why("leaves"), "ClientInitiatedDisconnect");
  client("vanishes").close();
  EXPECT_EQ(why("vanishes"), "ConnectionLost");
  auto wrong = client("errs");
  wrong.send_connect({.client_id = "errs"});
  EXPECT_EQ(why("errs"), "ClientError");
  auto before = client("twice");
  auto after = client("twice");
  EXPECT_EQ(why("twice"), "SessionTakenOver");
}

TEST_F(SystemEvents, NumbersOfASessionGrowAlsoAfterARestart) {
  begin(site());
  client("s").disconnect();
  const auto first = next("SessionDisconnected", "/sessions/s")["data"]["sequenceNumber"].asInt64();
  broker().start_again(SIGKILL);
  watcher_.emplace(connected());
  watcher_->subscribe({{.filter = "$events/system/#", .qos = 1}});
  client("s").disconnect();
  EXPECT_GT(next("SessionDisconnected", "/sessions/s")["data"]["sequenceNumber"].asInt64(), first);
}

TEST_F(SystemEvents, OfClientsThatDoTooMuch) {
  begin(site(R"("publishes_per_second": 1, "rate_patience": "100ms")"));
  auto busy = client("busy");
  for (int i = 0; i < 50; ++i) busy.send_publish({.topic = "t", .payload = "x", .qos = 0});
  EXPECT_EQ(why("busy"), "QuotaExceeded");
}

TEST_F(SystemEvents, OfClientsForWhomTooMuchWaits) {
  begin(site(R"("queue_messages": 20, "queue_overflow": "terminate_session")"));
  auto slow = client("slow", Version::v5, {.properties = Properties().add(Prop::receive_maximum, 1U)});
  slow.subscribe({{.filter = "flood", .qos = 1}});
  auto other = client("other");
  for (int i = 0; i < 40; ++i) other.publish({.topic = "flood", .payload = "x", .qos = 1});
  EXPECT_EQ(why("slow"), "SessionOverflow");
}

TEST_F(SystemEvents, OfAListenerThatGoes) {
  Site two = site();
  two.listeners = R"({"name": "extra", "address": "127.0.0.1:0", "protocol": "transport-mqtt"},)";
  begin(two);
  RawClient guest(broker().port("extra"));
  guest.connect({.client_id = "guest"});
  ASSERT_TRUE(reload(site()));
  EXPECT_EQ(why("guest"), "ServerInitiatedDisconnect");
}

TEST_F(SystemEvents, OfAddressesThatMayNotConnectAnyMore) {
  Site proxied = site();
  proxied.listeners = R"({"name": "proxied", "address": "127.0.0.1:0", "layers": ["transport-proxy-protocol"],
                          "protocol": "transport-mqtt"},)";
  proxied.plugins += R"(, "authenticator-anonymous": {"config": {"remote": true}})";
  begin(proxied);
  RawClient far(broker().port("proxied"));
  far.send("PROXY TCP4 192.0.2.1 127.0.0.1 40000 1883\r\n");
  far.connect({.client_id = "far"});
  proxied.space = R"("inbound_ip_rules": [{"ip_mask": "127.0.0.0/8"}])";
  ASSERT_TRUE(reload(proxied));
  EXPECT_EQ(why("far"), "IpForbidden");
}

TEST_F(SystemEvents, OfAWebSocketThatIsClosed) {
  Site web = site();
  web.listeners = R"({"name": "web", "address": "127.0.0.1:0", "layers": ["transport-websocket"],
                      "protocol": "transport-mqtt"},)";
  begin(web);
  RawClient browser(broker().port("web"));
  browser.send(
      "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: mqtt\r\n\r\n");
  // A binary frame with CONNECT, and one that closes; masked with zeroes.
  const std::string connect = Connect{.client_id = "page"}.encode(Version::v5);
  browser.send("\x82" + std::string(1, static_cast<char>(0x80 | connect.size())) + std::string(4, '\0') + connect);
  next("SessionConnected", "/sessions/page");
  browser.send(std::string("\x88\x80\0\0\0\0", 6));
  EXPECT_EQ(next("SessionDisconnected", "/sessions/page")["data"]["disconnectionReason"], "ClientInitiatedDisconnect");
}

TEST_F(SystemEvents, OfAStoreThatFails) {
  Site kept = site();
  kept.plugins += ", " + FaultyStore::plugin(R"(, "free_space": "0B")");
  kept.root = R"("store": "store-journal")";
  // Nothing else is on its way to the disk: the store would fail for that already, and what comes next would wait.
  kept.space = R"("retained": {"durability": "synced"}, "sessions": {"durability": "volatile"})";
  begin(kept);
  auto publisher = client("publisher");
  FaultyStore disk(broker().directory() + "/store");
  disk.tell("fail write,sync EIO");
  publisher.send_publish({.topic = "t", .payload = "1", .qos = 1, .retain = true});
  publisher.expect_closed();
  disk.clear();
  EXPECT_EQ(why("publisher"), "ServerError");
}

/// Clients with passwords and rights, in files.
class SystemEventsOfRights : public SystemEvents {
 protected:
  void resources(const std::string& state, const std::string& space) {
    folder_.write("rights.json", R"({"clients": {"ada": {"state": ")" + state + R"(", "attributes": {"a": 1}}},
      "clientGroups": {"some": {"query": "attributes.a = 1"}}, "topicSpaces": {"space": {"topicTemplates": [")" +
                                     space + R"("]}, "events": {"topicTemplates": ["$events/#"]}},
      "permissionBindings": {
        "read": {"clientGroupName": "some", "topicSpaceName": "space", "permission": "Subscriber"},
        "watch": {"clientGroupName": "$all", "topicSpaceName": "events", "permission": "Subscriber"}}})");
  }
  Site guarded() const {
    Site wanted = site();
    wanted.plugins += R"(, "authenticator-password": {"config": {"file": ")" + users_.path() + R"(/users"}})";
    wanted.root = R"("resources": ")" + folder_.path() + "\"";
    wanted.authenticators = R"("authenticator-password")";
    wanted.authorizers = R"("authorizer-topic-spaces")";
    return wanted;
  }
  void SetUp() override {
    for (const char* user : {"ada", "watcher"})
      ASSERT_EQ(trellis({"passwd", users_.path() + "/users", user, "--stdin"}, "secret\n").code, 0);
    resources("Enabled", "plant/#");
    begin(guarded(), {.username = "watcher", .password = "secret"});
  }
  RawClient ada(const std::string& id, Version version = Version::v5) {
    return client(id, version, {.username = "ada", .password = "secret"});
  }
  TemporaryDirectory folder_;
  TemporaryDirectory users_;
};

TEST_F(SystemEventsOfRights, AClientThatIsDisabled) {
  auto one = ada("one");
  resources("Disabled", "plant/#");
  ASSERT_TRUE(reload(guarded()));
  const Json::Value came = next("SessionConnected", "clients/ada/sessions/one");
  EXPECT_EQ(came["data"]["clientAuthenticationName"], "ada");
  const Json::Value went = next("SessionDisconnected", "clients/ada/sessions/one");
  EXPECT_EQ(went["data"]["disconnectionReason"], "ClientAuthenticationError");
  const Json::Value changed = next("MQTTClientCreatedOrUpdated", "clients/ada");
  EXPECT_EQ(changed["data"]["state"], "Disabled");
  EXPECT_EQ(changed["data"]["attributes"]["a"], 1);
}

TEST_F(SystemEventsOfRights, AClientThatLosesARight) {
  auto one = ada("one");
  one.subscribe({{.filter = "plant/a", .qos = 1}});
  resources("Enabled", "elsewhere/#");
  ASSERT_TRUE(reload(guarded()));
  EXPECT_EQ(why("one"), "ClientAuthorizationError");
}

TEST_F(SystemEventsOfRights, AClientThatTriesWhatItMayNot) {
  auto one = ada("one", Version::v311);
  one.send_publish({.topic = "plant/a", .payload = "x", .qos = 1});
  EXPECT_EQ(why("one"), "ClientAuthorizationError");
}

TEST_F(SystemEventsOfRights, NobodyElsePublishesThere) {
  auto one = ada("one");
  const auto refused = one.publish({.topic = "$events/system/clients/x", .payload = "x", .qos = 1});
  EXPECT_EQ(refused->reason, 0x87);
}

/// Events become those of a topic, which is pulled.
TEST_F(SystemEvents, AreTakenLikeAnyOtherEvents) {
  TemporaryDirectory folder;
  folder.write("events.json", R"({"topics": {"system": {}}, "eventSubscriptions": {"system/all": {}},
    "routes": {"system": {"topicFilters": ["$events/system/#"], "topic": "system"}}})");
  Site wanted = site();
  wanted.plugins += R"(, "store-journal": {"config": {"path": "store"}},
                       "service-events": {"config": {"wide_ranges": true, "access": {"anonymous": true}}})";
  wanted.listeners = R"({"name": "events", "address": "127.0.0.1:0", "protocol": "transport-http",
                         "services": {"/": "service-events"}},)";
  wanted.root = R"("store": "store-journal", "resources": ")" + folder.path() + "\"";
  wanted.space = R"("sessions": {"durability": "written"})";
  begin(wanted);
  const auto pull = [this] {
    HttpClient http(broker().port("events"));
    http.send(
        "POST /topics/system/eventsubscriptions/all:receive?api-version=2024-06-01&maxEvents=100&maxWaitTime=2 "
        "HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n");
    std::string all;
    const Json::Value body = parse_json(http.receive().body);
    for (const Json::Value& one : body["value"]) {
      all += one["event"]["type"].asString() + " " + one["event"]["subject"].asString() + " " +
             one["event"]["data"]["disconnectionReason"].asString() + "\n";
    }
    return all;
  };
  client("one").disconnect();
  next("SessionDisconnected", "/sessions/one");
  std::string all;
  EXPECT_TRUE(eventually([&] { return (all += pull()).find("/sessions/one ClientInitiated") != std::string::npos; }))
      << all;
  EXPECT_THAT(all, HasSubstr("Microsoft.EventGrid.MQTTClientSessionConnected clients/"));

  // Also those of the last moment.
  auto last = client("last");
  next("SessionConnected", "/sessions/last");
  broker().start_again(SIGTERM);
  all.clear();
  EXPECT_TRUE(eventually([&] { return (all += pull()).find("/sessions/last ServerInitiated") != std::string::npos; }))
      << all;
}

TEST_F(SystemEvents, OfTheBrokerItself) {
  begin(site());
  ASSERT_TRUE(reload(site()));
  const Json::Value taken = next("Trellis.ConfigurationReloaded");
  EXPECT_EQ(taken["data"]["labels"], R"({outcome="taken"})");
  EXPECT_EQ(taken["data"]["increase"], 1);
  ASSERT_FALSE(reload_text("nonsense"));
  EXPECT_EQ(next("Trellis.ConfigurationReloaded")["data"]["labels"], R"({outcome="refused"})");
}

TEST_F(SystemEvents, OfCertificatesThatExpireSoon) {
  TemporaryDirectory keys;
  ASSERT_EQ(run_command({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                         "-nodes", "-days", "5", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
                         "-keyout", keys.path() + "/key.pem", "-out", keys.path() + "/cert.pem"})
                .code,
            0);
  Site secure = site();
  secure.plugins += R"(, "transport-tls": {"config": {"certificates": [{"chain": ")" + keys.path() +
                    R"(/cert.pem", "key": ")" + keys.path() + R"(/key.pem"}]}})";
  secure.listeners = R"({"name": "tls", "address": "127.0.0.1:0", "layers": ["transport-tls"],
                         "protocol": "transport-mqtt"},)";
  start(site());
  watcher_.emplace(connected());
  watcher_->subscribe({{.filter = "$events/system/#", .qos = 1}});
  ASSERT_TRUE(reload(secure)) << broker().output();
  const Json::Value event = next("Trellis.CertificateExpiring");
  EXPECT_GE(event["data"]["value"].asInt(), 4);
  EXPECT_LE(event["data"]["value"].asInt(), 5);
  EXPECT_THAT(event["data"]["labels"].asString(), HasSubstr("cert.pem"));
}

}  // namespace
}  // namespace trellis::testing

// Rights of a running broker: by groups, topic spaces and bindings, and how what changes acts on connected clients.
#include <gmock/gmock.h>

#include <chrono>
#include <cstdlib>

#include "support/http_client.hpp"
#include "support/site.hpp"

namespace trellis::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::uint8_t kNotAuthorized = 0x87;
constexpr std::uint8_t kQuotaExceeded = 0x97;

class Rights : public SiteTest {
 protected:
  void SetUp() override {
    const std::string users = secrets_.path() + "/users";
    secrets_.write("users", "");
    for (const char* const user : {"press-04", "press-05", "board"}) {
      const std::string command = "mosquitto_passwd -b '" + users + "' " + user + " secret";
      ASSERT_EQ(std::system(command.c_str()), 0);
    }
    start(site());
    put("clients/press-04", R"({"attributes": {"type": "press"}})");
    put("clients/press-05", R"({"attributes": {"type": "press"}})");
    put("clients/board", R"({"attributes": {"type": "display"}})");
    put("clientGroups/presses", R"({"query": "attributes.type = 'press'"})");
    put("clientGroups/displays", R"({"query": "attributes.type = 'display'"})");
    put("topicSpaces/own-state", R"({"topicTemplates": ["state/${client.authenticationName}/#"]})");
    put("topicSpaces/all-states", R"({"topicTemplates": ["state/#"]})");
    bind("presses-tell", "presses", "own-state", "Publisher");
    bind("displays-look", "displays", "all-states", "Subscriber");
  }

  /// mqtt: what the namespace sets for transport-mqtt.
  Site site(const std::string& mqtt = "") const {
    return {.shards = 2,
            .plugins = R"("authenticator-password": {"config": {"file": ")" + secrets_.path() + "/users" +
                       R"("}}, "service-management": {"config": {"tokens": [{"name": "test",
                         "token": "0123456789abcdef", "permissions": "write"}]}})",
            .listeners = R"({"name": "web", "address": "127.0.0.1:0", "protocol": "transport-http",
                            "services": {"/manage": "service-management"}},)",
            .mqtt = mqtt,
            .authenticators = R"("authenticator-password")",
            .authorizers = R"("authorizer-topic-spaces")"};
  }

  std::string call(const std::string& method, const std::string& path, const std::string& body = "") {
    HttpClient client(broker().port("web"));
    client.send(method + " /manage/namespaces/default" + path +
                " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer 0123456789abcdef\r\n"
                "Content-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    const auto answer = client.receive();
    return std::to_string(answer.status) + " " + answer.body;
  }
  void put(const std::string& path, const std::string& properties) {
    EXPECT_THAT(call("PUT", "/" + path, R"({"properties": )" + properties + "}"), HasSubstr("20"));
  }
  /// What is set for the namespace itself.
  void set(const std::string& properties) {
    EXPECT_THAT(call("PUT", "", R"({"properties": )" + properties + "}"), HasSubstr("20"));
  }
  void remove(const std::string& path) { EXPECT_THAT(call("DELETE", "/" + path), HasSubstr("20")); }
  void bind(const std::string& name, const std::string& group, const std::string& space, const std::string& permission,
            const std::string& effect = "Allow") {
    put("permissionBindings/" + name, R"({"clientGroupName": ")" + group + R"(", "topicSpaceName": ")" + space +
                                          R"(", "permission": ")" + permission + R"(", "effect": ")" + effect + "\"}");
  }
  /// A press that publishes more than its quota allows, though it was slowed down, is told that it is too fast.
  void expect_patience_to_end(const std::string& quota, int messages, std::size_t bytes, const std::string& rate) {
    EXPECT_TRUE(reload(site(R"("rate_patience": "100ms")"))) << broker().output();
    put("clientGroups/presses", R"({"query": "attributes.type = 'press'", "quotas": {)" + quota + "}}");
    auto press = client("press-04", "p");
    const Publish one{.topic = "state/press-04/rpm", .payload = std::string(bytes, 'x')};
    const auto burst = [&](int count) {
      std::string packets;
      for (int i = 0; i < count; ++i) packets += one.encode(press.version());
      press.send(packets);
    };
    const std::string label = "rate=\"" + rate + "\",scope=\"session\"";
    burst(messages);
    expect_metric("trellis_mqtt_rate_limited_total", label, 1);
    press.send_ping();
    press.set_deadline(kPatience);
    press.expect(PacketType::pingresp);
    burst(messages);
    press.expect_disconnect({0x96});
  }
  static Connect as(const std::string& user, const std::string& client_id) {
    return {.client_id = client_id, .username = user, .password = "secret"};
  }
  RawClient client(const std::string& user, const std::string& client_id, Version version = Version::v5) {
    return connected(version, as(user, client_id));
  }
  /// Why not, or 0: whether anybody is there to get it does not count.
  static std::uint8_t published(RawClient& client, const std::string& topic) {
    const std::uint8_t reason = client.publish({.topic = topic, .payload = "x", .qos = 1})->reason;
    return reason < 0x80 ? std::uint8_t{0} : reason;
  }
  static std::uint8_t subscribed_to(RawClient& client, const std::string& filter) {
    return client.subscribe({{.filter = filter, .qos = 1}}).reasons.at(0);
  }

 private:
  TemporaryDirectory secrets_;
};

TEST_F(Rights, APressTellsItsOwnStateAndABoardSeesIt) {
  auto press = client("press-04", "p");
  auto board = client("board", "b");
  EXPECT_EQ(subscribed_to(board, "state/#"), 1);
  EXPECT_EQ(published(press, "state/press-04/rpm"), 0);
  board.expect_publish("x");
  EXPECT_EQ(published(press, "state/press-05/rpm"), kNotAuthorized);
  EXPECT_EQ(published(board, "state/board/rpm"), kNotAuthorized);
  EXPECT_EQ(subscribed_to(press, "state/#"), kNotAuthorized);
}

TEST_F(Rights, APublishWithoutAcknowledgementEndsTheConnection) {
  auto press = client("press-04", "p");
  press.send_publish({.topic = "state/press-05/rpm", .payload = "x"});
  press.expect_disconnect({kNotAuthorized});
  auto old = client("press-04", "q", Version::v311);
  old.send_publish({.topic = "state/press-05/rpm", .payload = "x", .qos = 1});
  old.expect_closed();
}

TEST_F(Rights, OfASharedSubscriptionTheFilterInsideIsJudged) {
  auto board = client("board", "b");
  EXPECT_EQ(subscribed_to(board, "$share/g/state/+"), 1);
  EXPECT_EQ(subscribed_to(board, "$share/g/other"), kNotAuthorized);
}

TEST_F(Rights, AWillIsJudgedWhenItsClientConnects) {
  auto refused = open();
  Connect connect = as("press-04", "p");
  connect.will = Will{.topic = "state/press-05/will", .payload = "gone"};
  refused.send_connect(connect);
  refused.expect_refused({kNotAuthorized});
  auto accepted = open();
  connect.will->topic = "state/press-04/will";
  accepted.connect(connect);
}

TEST_F(Rights, AWillToAnUnauthorisedTopicIsRefusedBeforeMqtt5Too) {
  Connect connect = as("press-04", "p");
  connect.will = Will{.topic = "state/press-05/will", .payload = "gone"};
  auto refused = open(Version::v311);
  refused.send_connect(connect);
  EXPECT_EQ(refused.expect(PacketType::connack).reason, 5);
  refused.expect_closed();
  connect.will->topic = "state/press-04/will";
  auto accepted = open(Version::v311);
  accepted.connect(connect);
}

TEST_F(Rights, AClientThatIsDisabledIsCutOffAndStaysOut) {
  auto press = client("press-04", "p");
  auto other = client("press-05", "q");
  put("clients/press-04", R"({"state": "Disabled", "attributes": {"type": "press"}})");
  press.expect_disconnect({kNotAuthorized});
  auto again = open();
  again.send_connect(as("press-04", "p"));
  again.expect_refused({kNotAuthorized});
  EXPECT_EQ(published(other, "state/press-05/rpm"), 0);
}

TEST_F(Rights, BeforeMqtt5ADisabledClientIsJustCutOff) {
  auto press = client("press-04", "p", Version::v311);
  put("clients/press-04", R"({"state": "Disabled"})");
  press.expect_closed();
}

TEST_F(Rights, WhoLosesASubscriptionLosesTheConnectionAndTheSubscription) {
  Connect keeping = as("board", "b");
  keeping.properties.add(Prop::session_expiry, 60);
  auto board = open();
  board.connect(keeping);
  EXPECT_EQ(subscribed_to(board, "state/#"), 1);
  auto press = client("press-04", "p");
  remove("permissionBindings/displays-look");
  board.expect_disconnect({kNotAuthorized});
  EXPECT_EQ(press.publish({.topic = "state/press-04/rpm", .payload = "x", .qos = 1})->reason, 0x10)
      << "no matching subscribers";
  auto again = open();
  keeping.clean = false;
  EXPECT_TRUE(again.connect(keeping).session_present);
  again.expect_nothing();
}

TEST_F(Rights, WhatWaitsByALostSubscriptionIsNotDelivered) {
  put("topicSpaces/news", R"({"topicTemplates": ["state/+/news"]})");
  bind("displays-news", "displays", "news", "Subscriber");
  Connect keeping = as("board", "b");
  keeping.properties.add(Prop::session_expiry, 60);
  auto board = open();
  board.connect(keeping);
  EXPECT_EQ(subscribed_to(board, "state/+/rpm"), 1);
  EXPECT_EQ(subscribed_to(board, "state/+/news"), 1);
  board.disconnect();
  auto press = client("press-04", "p");
  EXPECT_EQ(published(press, "state/press-04/rpm"), 0);
  EXPECT_EQ(press.publish({.topic = "state/press-04/news", .payload = "news", .qos = 1})->reason, 0);
  remove("permissionBindings/displays-look");
  expect_metric("trellis_subscribers_revoked_total", "", 1);
  auto again = open();
  keeping.clean = false;
  EXPECT_TRUE(again.connect(keeping).session_present);
  again.expect_publish("news");
}

TEST_F(Rights, BeforeMqtt5WhoLosesASubscriptionIsJustCutOff) {
  auto board = client("board", "b", Version::v311);
  EXPECT_EQ(subscribed_to(board, "$share/g/state/#"), 1);
  remove("permissionBindings/displays-look");
  board.expect_closed();
}

TEST_F(Rights, AClientThatIsRemovedIsCutOff) {
  auto press = client("press-04", "p");
  remove("clients/press-04");
  press.expect_disconnect({kNotAuthorized});
}

TEST_F(Rights, AChangedQueryActsAtOnce) {
  auto board = client("board", "b");
  EXPECT_EQ(subscribed_to(board, "state/#"), 1);
  put("clientGroups/displays", R"({"query": "attributes.type = 'screen'"})");
  board.expect_disconnect({kNotAuthorized});
}

TEST_F(Rights, OneChangeOfSeveralTypesIsJudgedAsAWhole) {
  auto board = client("board", "b");
  EXPECT_EQ(subscribed_to(board, "state/#"), 1);
  // The attribute comes first: by the group of before it would be nobody's.
  EXPECT_THAT(call("POST", "/apply", R"([
      {"type": "clients", "name": "board", "properties": {"attributes": {"type": "screen"}}},
      {"type": "clientGroups", "name": "displays", "properties": {"query": "attributes.type = 'screen'"}}])"),
              HasSubstr("200"));
  auto press = client("press-04", "p");
  EXPECT_EQ(published(press, "state/press-04/rpm"), 0);
  board.expect_publish("x");
  board.expect_nothing();
}

TEST_F(Rights, AnAttributeThatChangesTakesASubscription) {
  auto board = client("board", "b");
  EXPECT_EQ(subscribed_to(board, "state/#"), 1);
  put("clients/board", R"({"attributes": {"type": "press"}})");
  board.expect_disconnect({kNotAuthorized});
}

TEST_F(Rights, ARightThatIsGivenActsAtOnce) {
  auto press = client("press-04", "p");
  EXPECT_EQ(subscribed_to(press, "state/#"), kNotAuthorized);
  bind("presses-look", "presses", "all-states", "Subscriber");
  EXPECT_EQ(subscribed_to(press, "state/#"), 1);
  auto other = client("press-05", "q");
  EXPECT_EQ(published(other, "state/x"), kNotAuthorized);
  bind("all-tell", "$all", "all-states", "Publisher");
  EXPECT_EQ(published(other, "state/x"), 0);
}

TEST_F(Rights, ADenyTakesWhatOthersGive) {
  auto board = client("board", "b");
  EXPECT_EQ(subscribed_to(board, "state/#"), 1);
  put("topicSpaces/secrets", R"({"topicTemplates": ["state/press-05/#"]})");
  bind("no-secrets", "displays", "secrets", "Subscriber", "Deny");
  board.expect_disconnect({kNotAuthorized});
  auto again = client("board", "b");
  EXPECT_EQ(subscribed_to(again, "state/#"), kNotAuthorized);
  EXPECT_EQ(subscribed_to(again, "state/press-04/#"), 1);
}

TEST_F(Rights, ANameHasSoManySessionsConnectedOrNot) {
  set(R"({"topicSpacesConfiguration": {"maximumClientSessionsPerAuthenticationName": 2}})");
  Connect keeping = as("press-04", "one");
  keeping.properties.add(Prop::session_expiry, 60);
  auto first = open();
  first.connect(keeping);
  first.disconnect();
  auto second = client("press-04", "two");
  auto third = open();
  third.send_connect(as("press-04", "three"));
  third.expect_refused({kQuotaExceeded});
  auto back = client("press-04", "one");
  auto other = client("press-05", "three");
  auto old = open(Version::v311);
  old.send_connect(as("press-04", "four"));
  EXPECT_EQ(old.expect(PacketType::connack).reason, 3);
}

TEST_F(Rights, ASessionBelongsToTheNameThatBeganItEvenWhileItIsAway) {
  Connect keeping = as("press-04", "mine");
  keeping.properties.add(Prop::session_expiry, 60);
  auto owner = open();
  owner.connect(keeping);
  owner.disconnect();
  auto thief = open();
  thief.send_connect(as("press-05", "mine"));
  thief.expect_refused({kNotAuthorized});
  auto old = open(Version::v311);
  old.send_connect(as("press-05", "mine"));
  EXPECT_EQ(old.expect(PacketType::connack).reason, 5);
}

TEST_F(Rights, ASessionNameStaysReservedAfterItsClientWasDeleted) {
  Connect keeping = as("press-04", "mine");
  keeping.properties.add(Prop::session_expiry, 60);
  auto owner = open();
  owner.connect(keeping);
  owner.disconnect();
  remove("clients/press-04");
  auto thief = open();
  thief.send_connect(as("press-05", "mine"));
  thief.expect_refused({kNotAuthorized});
}

TEST_F(Rights, AnAssignedIdentifierCountsAgainstTheLimitOfItsName) {
  set(R"({"topicSpacesConfiguration": {"maximumClientSessionsPerAuthenticationName": 1}})");
  Connect nameless = as("press-04", "");
  nameless.properties.add(Prop::session_expiry, 60);
  auto first = open();
  const auto assigned = first.connect(nameless).properties.text(Prop::assigned_client_id);
  ASSERT_TRUE(assigned);
  first.disconnect();
  auto second = open();
  second.send_connect(as("press-04", ""));
  second.expect_refused({kQuotaExceeded});
  auto back = client("press-04", *assigned);
}

TEST_F(Rights, AQuotaBoundsTheSubscriptionsOfEachClientOfAGroup) {
  put("clientGroups/displays", R"({"query": "attributes.type = 'display'", "quotas": {"subscriptions": 2}})");
  auto board = client("board", "b");
  EXPECT_EQ(subscribed_to(board, "state/a"), 1);
  EXPECT_EQ(subscribed_to(board, "state/b"), 1);
  EXPECT_EQ(subscribed_to(board, "state/c"), kQuotaExceeded);
}

TEST_F(Rights, AQuotaBoundsWhatEachClientOfAGroupPublishes) {
  put("clientGroups/presses", R"({"query": "attributes.type = 'press'", "quotas": {"publishesPerSecond": 1}})");
  auto press = client("press-04", "p");
  EXPECT_EQ(published(press, "state/press-04/rpm"), 0);
  for (int i = 0; i < 3; ++i) press.send_publish({.topic = "state/press-04/rpm", .payload = "x", .qos = 1});
  expect_metric("trellis_mqtt_rate_limited_total", R"(rate="publishes",scope="session")", 1);
}

TEST_F(Rights, WhoExceedsItsMessageQuotaIsReadMoreSlowlyAndThenDisconnected) {
  expect_patience_to_end(R"("publishesPerSecond": 20)", 60, 1, "publishes");
}

TEST_F(Rights, WhoExceedsItsByteQuotaIsReadMoreSlowlyAndThenDisconnected) {
  expect_patience_to_end(R"("publishedBytesPerSecond": 20000)", 60, 1000, "publish_bytes");
}

TEST_F(Rights, ConnectingAgainDoesNotFillAQuota) {
  put("clientGroups/presses", R"({"query": "attributes.type = 'press'", "quotas": {"publishesPerSecond": 1}})");
  auto press = client("press-04", "p");
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 4; ++i) press.send_publish({.topic = "state/press-04/rpm", .payload = "x"});
  expect_metric("trellis_mqtt_rate_limited_total", R"(rate="publishes",scope="session")", 1);
  press.reset();
  auto again = client("press-04", "another");
  EXPECT_EQ(published(again, "state/press-04/rpm"), 0);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(900)) << "it owed a second at least";
  auto other = client("press-05", "q");
  EXPECT_EQ(published(other, "state/press-05/rpm"), 0);
}

TEST_F(Rights, ASessionLivesNoLongerThanTheNamespaceSays) {
  set(R"({"topicSpacesConfiguration": {"maximumSessionExpiryInHours": 1}})");
  auto press = open();
  Connect keeping = as("press-04", "p");
  keeping.properties.add(Prop::session_expiry, 100'000);
  EXPECT_EQ(press.connect(keeping).properties.number(Prop::session_expiry), 3600u);
}

}  // namespace
}  // namespace trellis::testing

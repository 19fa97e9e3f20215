// Enhanced authentication in several steps, and re-authentication, with an authenticator that asks a riddle.
#include <csignal>

#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

class EnhancedAuthV5 : public MqttTest {
 protected:
  static void SetUpTestSuite() {
    if (broker_kind() == BrokerKind::trellis) riddling_ = std::make_unique<Broker>(BrokerOptions{.riddles = true});
  }
  static void TearDownTestSuite() { riddling_.reset(); }
  void SetUp() override {
    if (!riddling_) GTEST_SKIP() << "mosquitto loads no plugin of ours";
  }
  Broker& broker() override { return *riddling_; }

  static Properties riddle(const std::string& data, const std::string& method = "RIDDLE") {
    return Properties().add(Prop::auth_method, method).add(Prop::auth_data, data);
  }
  RawClient started(const std::string& data) {
    auto client = open();
    client.send_connect({.client_id = unique(), .properties = riddle(data)});
    return client;
  }
  RawClient let_in() {
    auto client = started("42");
    EXPECT_EQ(client.expect(PacketType::connack).reason, 0);
    return client;
  }
  static void expect_question(RawClient& client) {
    const auto question = client.expect(PacketType::auth);
    EXPECT_EQ(question.reason, 0x18);
    EXPECT_EQ(question.properties.text(Prop::auth_method), "RIDDLE");
    EXPECT_EQ(question.properties.text(Prop::auth_data), "6 by 7?");
  }
  static std::unique_ptr<Broker> riddling_;
};
std::unique_ptr<Broker> EnhancedAuthV5::riddling_;

TEST_F(EnhancedAuthV5, OneStepIsEnoughForWhoKnowsTheAnswer) {
  auto client = started("42");
  const auto connack = client.expect(PacketType::connack);
  EXPECT_EQ(connack.reason, 0);
  EXPECT_EQ(connack.properties.text(Prop::auth_method), "RIDDLE");
  EXPECT_EQ(connack.properties.text(Prop::auth_data), "well done");
  client.expect_nothing();
}

TEST_F(EnhancedAuthV5, TakesAsManyStepsAsTheMethodNeeds) {
  auto client = started("ask");
  for (int step = 0; step < 3; ++step) {
    expect_question(client);
    client.send(encode_auth(0x18, riddle(step < 2 ? "ask" : "42")));
  }
  const auto connack = client.expect(PacketType::connack);
  EXPECT_EQ(connack.reason, 0);
  EXPECT_EQ(connack.properties.text(Prop::auth_method), "RIDDLE");
  client.expect_nothing();
}

TEST_F(EnhancedAuthV5, AnswersMayComeLater) {
  auto client = started("later");
  EXPECT_EQ(client.expect(PacketType::connack).properties.text(Prop::auth_data), "at last");
}

TEST_F(EnhancedAuthV5, WrongAnswerIsRefused) {
  auto client = started("ask");
  expect_question(client);
  client.send(encode_auth(0x18, riddle("41")));
  client.expect_refused({0x86, 0x87});
}

TEST_F(EnhancedAuthV5, WrongFirstAnswerIsRefused) { started("41").expect_refused({0x86, 0x87}); }

TEST_F(EnhancedAuthV5, UnknownMethodIsRefused) {
  auto client = open();
  client.send_connect({.client_id = unique(), .properties = riddle("42", "OTHER")});
  client.expect_refused({0x8C});
}

TEST_F(EnhancedAuthV5, ClientsWithoutMethodAreLeftToOthers) {
  auto client = connected();
  client.expect_nothing();
}

TEST_F(EnhancedAuthV5, OtherPacketsBeforeTheEndEndTheConnection) {
  auto client = started("ask");
  expect_question(client);
  client.send_publish({.topic = unique(), .payload = "too early"});
  client.expect_refused_or_closed({0x81, 0x82, 0x87});
}

TEST_F(EnhancedAuthV5, WithTheWrongReasonEndsTheConnection) {
  auto client = started("ask");
  expect_question(client);
  client.send(encode_auth(0x19, riddle("42")));
  client.expect_refused_or_closed({0x81, 0x82});
}

TEST_F(EnhancedAuthV5, ReauthenticationSucceeds) {
  auto client = let_in();
  client.send(encode_auth(0x19, riddle("ask")));
  expect_question(client);
  client.send(encode_auth(0x18, riddle("42")));
  const auto done = client.expect(PacketType::auth);
  EXPECT_EQ(done.reason, 0);
  EXPECT_EQ(done.properties.text(Prop::auth_method), "RIDDLE");
  client.expect_nothing();
}

TEST_F(EnhancedAuthV5, OtherPacketsGoOnDuringReauthentication) {
  auto client = let_in();
  const auto topic = unique();
  client.subscribe({{.filter = topic}});
  client.send(encode_auth(0x19, riddle("ask")));
  expect_question(client);
  client.send_publish({.topic = topic, .payload = "meanwhile"});
  client.expect_publish("meanwhile");
  client.send(encode_auth(0x18, riddle("42")));
  EXPECT_EQ(client.expect(PacketType::auth).reason, 0);
}

TEST_F(EnhancedAuthV5, FailedReauthenticationEndsTheConnection) {
  auto client = let_in();
  client.send(encode_auth(0x19, riddle("41")));
  client.expect_disconnect({0x87});
}

TEST_F(EnhancedAuthV5, NobodyBecomesSomebodyElse) {
  auto client = let_in();
  client.send(encode_auth(0x19, riddle("other")));
  client.expect_disconnect({0x87});
}

TEST_F(EnhancedAuthV5, AuthenticatorsKnowTheClientIdentifierAgain) {
  auto client = started("who");
  EXPECT_EQ(client.expect(PacketType::connack).properties.text(Prop::auth_data), client.client_id());
  client.send(encode_auth(0x19, riddle("who")));
  EXPECT_EQ(client.expect(PacketType::auth).properties.text(Prop::auth_data), client.client_id());
}

TEST_F(EnhancedAuthV5, ShutdownRefusesWhoIsNotLetInYet) {
  Broker ending({.riddles = true});
  RawClient client(ending.port());
  client.send_connect({.client_id = unique(), .properties = riddle("ask")});
  expect_question(client);
  ending.process().signal(SIGTERM);
  client.expect_refused({0x88});  // "shutting down" is a reason of DISCONNECT only
}

TEST_F(EnhancedAuthV5, AnotherMethodIsAProtocolError) {
  auto client = let_in();
  client.send(encode_auth(0x19, riddle("42", "OTHER")));
  client.expect_disconnect({0x82, 0x8C});
}

TEST_F(EnhancedAuthV5, ContinuingWhatWasNotBegunIsAProtocolError) {
  auto client = let_in();
  client.send(encode_auth(0x18, riddle("42")));
  client.expect_disconnect({0x82});
}

TEST_F(EnhancedAuthV5, AuthStaysWithinTheMaximumPacketSize) {
  auto client = open();
  auto properties = riddle("ask");
  properties.add(Prop::maximum_packet_size, 64);
  client.send_connect({.client_id = unique(), .properties = properties});
  EXPECT_LE(client.expect(PacketType::auth).size, 64u);
}

TEST_F(EnhancedAuthV5, QuestionThatIsTooLargeForTheClientIsNotAsked) {
  auto client = open();
  auto properties = riddle("ask");
  properties.add(Prop::maximum_packet_size, 20);
  client.send_connect({.client_id = unique(), .properties = properties});
  EXPECT_LE(client.expect_refused({0x83}).size, 20u);
}

}  // namespace
}  // namespace trellis::testing

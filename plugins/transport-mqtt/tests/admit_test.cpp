// Clients that authorizers admit, refuse and limit, and clients whose rights are taken back.
#include "broker.hpp"

namespace trellis::mqtt {
namespace {

testing::Admission refused(Status status) { return {.status = status, .reason = "not today"}; }

TEST(Admit, RefusalsHaveTheirReason) {
  struct Case {
    Status status;
    unsigned connack;
  };
  for (const Case& one :
       {Case{Status::not_authorized, 0x87}, Case{Status::quota, 0x97}, Case{Status::internal, 0x88}}) {
    Broker broker;
    broker.host.on_admit([&](std::string_view, std::string_view) { return refused(one.status); });
    Peer peer = broker.dial();
    EXPECT_EQ(peer.ask(wire::connect({})).at(1), one.connack);
    EXPECT_FALSE(peer.open());
  }
}

TEST(Admit, ATooManiethSubscriptionIsRefused) {
  Broker broker;
  broker.host.on_admit([](std::string_view, std::string_view) {
    testing::Admission admission;
    admission.limits.subscriptions = 1;
    return admission;
  });
  Peer peer = broker.connect({});
  peer.ask(wire::subscribe(1, {{"a", 0}}));
  const auto suback = peer.ask(wire::subscribe(2, {{"b", 0}}));
  EXPECT_EQ(suback.at(suback.body.size() - 1), 0x97U);
}

TEST(Admit, DisconnectMakesNoSessionLiveLongerThanItMay) {
  Broker broker;
  broker.host.on_admit([](std::string_view, std::string_view) {
    testing::Admission admission;
    admission.limits.session_expiry_s = 3;
    return admission;
  });
  Peer peer = broker.dial();
  peer.ask(wire::connect({.id = "c", .properties = wire::bytes({0x11}) + wire::u32(10)}));
  peer.send(wire::disconnect(0, wire::bytes({0x11}) + wire::u32(0xFFFFFFFF)));
  broker.host.advance(std::chrono::seconds(2));
  EXPECT_TRUE(broker.host.subscriber("c").exists);
  broker.host.advance(std::chrono::seconds(2));
  EXPECT_FALSE(broker.host.subscriber("c").exists);
}

TEST(Admit, WhoseRightsAreTakenBackIsTold) {
  Broker broker;
  Peer peer = broker.connect({});
  peer.connection().revoke();
  EXPECT_EQ(disconnect_reason(peer.answer()), 0x87);
  EXPECT_FALSE(peer.open());
}

TEST(Admit, WhoIsNotLetInYetIsRefused) {
  Broker broker;
  broker.host.on_authenticate(
      [](const testing::Client&) { return testing::AuthOutcome{.verdict = AuthVerdict::challenge, .data = "?"}; });
  Peer peer = broker.dial();
  peer.ask(wire::connect({.properties = wire::bytes({0x15}) + wire::text("m")}));
  peer.connection().revoke();
  const auto connack = peer.answer();
  EXPECT_EQ(connack.type(), 2U);
  EXPECT_EQ(connack.at(1), 0x87U);
  EXPECT_FALSE(peer.open());
}

}  // namespace
}  // namespace trellis::mqtt

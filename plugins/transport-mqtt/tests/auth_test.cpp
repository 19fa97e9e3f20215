// Enhanced authentication: which packets and which reason codes a client sees.
#include "broker.hpp"

namespace trellis::mqtt {
namespace {

const std::string kMethod = wire::bytes({0x15}) + wire::text("m");

// A broker whose authenticators let in who shows "good", challenge "ask" and otherwise deny for a reason.
class AuthBroker : public Broker {
 public:
  explicit AuthBroker(Status denial = Status::bad_credentials) {
    host.on_authenticate([denial](const testing::Client& client) {
      if (client.data == "good") return testing::AuthOutcome{.verdict = AuthVerdict::allow, .name = "n"};
      if (client.data == "ask") return testing::AuthOutcome{.verdict = AuthVerdict::challenge, .data = "question"};
      return testing::AuthOutcome{.verdict = AuthVerdict::deny, .status = denial};
    });
  }
  static wire::Connect with(std::string_view data, const std::string& more = {}) {
    return {.properties = kMethod + wire::bytes({0x16}) + wire::text(data) + more};
  }
};

TEST(Auth, DenialsHaveReasonsOfTheirPacket) {
  struct Case {
    Status denial;
    int connack;
    int disconnect;
  };
  for (const Case& one :
       {Case{Status::bad_credentials, 0x86, 0x87}, Case{Status::bad_method, 0x8C, 0x87},
        Case{Status::unavailable, 0x88, 0x87}, Case{Status::internal, 0x88, 0x87}, Case{Status::quota, 0x97, 0x97},
        Case{Status::invalid, 0x85, 0x87}, Case{Status::not_authorized, 0x87, 0x87}}) {
    AuthBroker broker(one.denial);
    EXPECT_EQ(broker.dial().ask(wire::connect(AuthBroker::with("bad"))).at(1), static_cast<unsigned>(one.connack));
    Peer peer = broker.connect(AuthBroker::with("good"));
    EXPECT_EQ(disconnect_reason(peer.ask(wire::auth(0x19, "m", "bad"))), one.disconnect);
    EXPECT_FALSE(peer.open());
  }
}

TEST(Auth, BadFormOfUserNameOrPasswordIs0x86AndCode4) {
  Broker broker;
  broker.host.on_authenticate([](const testing::Client&) {
    return testing::AuthOutcome{.verdict = AuthVerdict::deny, .status = Status::bad_credentials};
  });
  EXPECT_EQ(broker.dial().ask(wire::connect({.username = "u", .password = "p"})).at(1), 0x86U);
  EXPECT_EQ(broker.dial().ask(wire::connect({.version = 4, .username = "u", .password = "p"})).at(1), 4U);
}

// Whose identity ends after a second, with these flags of it.
testing::AuthOutcome brief(const Broker& broker, bool token) {
  return {.verdict = AuthVerdict::allow,
          .name = "n",
          .expires_at_ms = (broker.host.wall() + std::chrono::seconds(1)) / std::chrono::milliseconds(1),
          .token = token};
}

TEST(Auth, ExpiryOfATokenIsToldAsSuch) {
  for (const bool token : {true, false}) {
    Broker broker;
    broker.host.on_authenticate([&](const testing::Client&) { return brief(broker, token); });
    Peer peer = broker.connect({});
    broker.host.advance(std::chrono::milliseconds(999));
    EXPECT_TRUE(peer.open());
    broker.host.advance(std::chrono::milliseconds(1));
    const auto disconnect = peer.answer();
    EXPECT_EQ(disconnect_reason(disconnect), 0x87);
    const std::string_view told = token ? "token expired" : "the right to be connected has expired";
    EXPECT_NE(disconnect.body.find(told), std::string::npos) << told;
    EXPECT_FALSE(peer.open());
  }
}

TEST(Auth, ExpiryClosesAConnectionOfVersion311) {
  Broker broker;
  broker.host.on_authenticate([&](const testing::Client&) { return brief(broker, true); });
  Peer peer = broker.connect({.version = 4});
  broker.host.advance(std::chrono::milliseconds(999));
  EXPECT_TRUE(peer.open());
  broker.host.advance(std::chrono::milliseconds(1));
  EXPECT_TRUE(peer.answers().empty()) << "its DISCONNECT is the client's only";
  EXPECT_FALSE(peer.open());
}

TEST(Auth, DrainTellsWhoIsNotLetInYetByConnack) {
  AuthBroker broker;
  Peer peer = broker.dial();
  EXPECT_EQ(peer.ask(wire::connect(AuthBroker::with("ask"))).type(), 15U);
  peer.connection().drain();
  const auto connack = peer.answer();
  EXPECT_EQ(connack.type(), 2U);
  EXPECT_EQ(connack.at(1), 0x88U);
  EXPECT_FALSE(peer.open());
}

TEST(Auth, PacketsThatAreTooLargeForTheClientEndTheExchange) {
  AuthBroker broker;
  const auto most = [](std::uint32_t bytes) { return wire::bytes({0x27}) + wire::u32(bytes); };
  // Header 2, reason 1, length of properties 1, method 4, data 11.
  EXPECT_EQ(broker.dial().ask(wire::connect(AuthBroker::with("ask", most(19)))).type(), 15U);
  Peer stranger = broker.dial();
  const auto connack = stranger.ask(wire::connect(AuthBroker::with("ask", most(18))));
  EXPECT_EQ(connack.type(), 2U);
  EXPECT_EQ(connack.at(1), 0x83U);
  EXPECT_FALSE(stranger.open());

  broker.host.on_authenticate([](const testing::Client& client) {
    return testing::AuthOutcome{.verdict = AuthVerdict::allow, .name = "n", .data = client.data};
  });
  Peer peer = broker.connect(AuthBroker::with("good", most(100)));
  EXPECT_EQ(peer.ask(wire::auth(0x19, "m", std::string(80, 'd'))).type(), 15U);
  EXPECT_EQ(disconnect_reason(peer.ask(wire::auth(0x19, "m", std::string(95, 'd')))), 0x95);
  EXPECT_FALSE(peer.open());
}

}  // namespace
}  // namespace trellis::mqtt

// Who is told of clients that come and go, and why they went.
#include <trellis/abi/session.h>

#include <trellis/service.hpp>

#include "broker.hpp"

namespace trellis::mqtt {
namespace {

struct Told {
  bool connected;
  std::string client;
  std::string session;
  std::uint64_t sequence;
  std::uint32_t reason;
};
std::vector<Told>* told = nullptr;

class Witness final : public Service {
 public:
  static constexpr PluginInfo kInfo{.id = "service-witness", .version = "1.0.0"};
  void on_request(const Request&, Reply reply) override { reply.text({}, 204); }
  const void* table(std::string_view id) override {
    static constexpr trellis_session_witness kTable{
        sizeof(trellis_session_witness), 0, [](void*, const trellis_session_fact* fact) { tell(true, *fact); },
        [](void*, const trellis_session_fact* fact) { tell(false, *fact); }};
    return id == kTableId<trellis_session_witness> ? &kTable : Service::table(id);
  }

 private:
  static void tell(bool connected, const trellis_session_fact& fact) {
    told->push_back(
        {connected, std::string(text(fact.client)), std::string(text(fact.session)), fact.sequence, fact.reason});
  }
};

class Presence : public ::testing::Test {
 protected:
  Presence() {
    told = &facts;
    broker.host.load<Witness>();
  }
  /// Why the last client went; every one that came has its end, with the same number.
  std::uint32_t reason() {
    if (facts.size() % 2 != 0 || facts.empty()) return 0;
    const Told& came = facts[facts.size() - 2];
    const Told& went = facts.back();
    EXPECT_TRUE(came.connected);
    EXPECT_FALSE(went.connected);
    EXPECT_EQ(came.sequence, went.sequence);
    EXPECT_EQ(came.session, went.session);
    return went.reason;
  }
  std::vector<Told> facts;
  Broker broker;
};

TEST_F(Presence, AClientComesAndSaysGoodbye) {
  Peer peer = broker.connect({.id = "s1", .username = "press-04"});
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0].client, "press-04");
  EXPECT_EQ(facts[0].session, "s1");
  EXPECT_EQ(facts[0].reason, 0u);
  peer.send(wire::disconnect());
  EXPECT_EQ(reason(), static_cast<std::uint32_t>(TRELLIS_DISCONNECTED_BY_CLIENT));
}

TEST_F(Presence, NumbersGrow) {
  for (int i = 0; i < 3; ++i) broker.connect({.id = "s"}).send(wire::disconnect());
  ASSERT_EQ(facts.size(), 6u);
  EXPECT_LT(facts[0].sequence, facts[2].sequence);
  EXPECT_LT(facts[2].sequence, facts[4].sequence);
  EXPECT_LT(facts[4].sequence, 1ULL << 53U) << "as exact numbers of JSON";
}

TEST_F(Presence, NobodyIsToldOfWhoWasNotLetIn) {
  broker.host.on_authenticate(
      [](const testing::Client&) { return testing::AuthOutcome{.verdict = AuthVerdict::deny, .reason = "no"}; });
  Peer peer = broker.dial();
  peer.ask(wire::connect({}));
  EXPECT_TRUE(facts.empty());
}

TEST_F(Presence, AConnectionThatBreaks) {
  Peer peer = broker.connect({});
  peer.connection().end(TRELLIS_CLOSE_BROKEN);
  EXPECT_EQ(reason(), static_cast<std::uint32_t>(TRELLIS_DISCONNECTED_LOST));
}

TEST_F(Presence, SilenceIsALostConnection) {
  Peer peer = broker.connect({.keep_alive = 10});
  broker.host.advance(std::chrono::seconds(16));
  EXPECT_EQ(reason(), static_cast<std::uint32_t>(TRELLIS_DISCONNECTED_LOST));
}

TEST_F(Presence, WhatThePacketsDoWrong) {
  Peer peer = broker.connect({});
  peer.send(wire::connect({}));
  EXPECT_EQ(reason(), static_cast<std::uint32_t>(TRELLIS_DISCONNECTED_CLIENT_ERROR));
}

TEST_F(Presence, WhoComesBackTakesOver) {
  Peer before = broker.connect({.id = "s"});
  Peer after = broker.connect({.id = "s"});
  ASSERT_EQ(facts.size(), 3u);
  const Told& gone = facts[0].connected && facts[1].connected ? facts[2] : facts[1];
  EXPECT_EQ(gone.reason, static_cast<std::uint32_t>(TRELLIS_DISCONNECTED_TAKEN_OVER));
  EXPECT_EQ(gone.sequence, facts[0].sequence);
}

TEST_F(Presence, WhatWasTakenBack) {
  broker.connect({}).connection().revoke(TRELLIS_CLOSE_EXPIRED);
  EXPECT_EQ(reason(), static_cast<std::uint32_t>(TRELLIS_DISCONNECTED_AUTHENTICATION));
  broker.connect({}).connection().revoke(TRELLIS_CLOSE_RIGHTS);
  EXPECT_EQ(reason(), static_cast<std::uint32_t>(TRELLIS_DISCONNECTED_AUTHORIZATION));
}

TEST_F(Presence, WhatTheConnectionKnows) {
  const std::pair<std::uint32_t, std::uint32_t> cases[] = {{TRELLIS_CLOSE_PEER, TRELLIS_DISCONNECTED_LOST},
                                                           {TRELLIS_CLOSE_OVERFLOW, TRELLIS_DISCONNECTED_QUOTA},
                                                           {TRELLIS_CLOSE_REMOVED, TRELLIS_DISCONNECTED_BY_SERVER},
                                                           {TRELLIS_CLOSE_ADDRESS, TRELLIS_DISCONNECTED_ADDRESS},
                                                           {TRELLIS_CLOSE_UNKEPT, TRELLIS_DISCONNECTED_SERVER_ERROR},
                                                           {TRELLIS_CLOSE_LAYER, TRELLIS_DISCONNECTED_CLIENT_ERROR}};
  for (const auto& [closed, expected] : cases) {
    broker.connect({}).connection().end(closed);
    EXPECT_EQ(reason(), expected) << closed;
  }
}

TEST_F(Presence, WhatALayerKnows) {
  Peer socket = broker.dial({.facts = {{TRELLIS_FACT_ENDED, "yes"}}});
  socket.ask(wire::connect({}));
  socket.connection().end(TRELLIS_CLOSE_LAYER);
  EXPECT_EQ(reason(), static_cast<std::uint32_t>(TRELLIS_DISCONNECTED_BY_CLIENT)) << "a Close frame of a WebSocket";
  Peer secure = broker.dial({.facts = {{TRELLIS_FACT_CLIENT_LOST, "yes"}}});
  secure.ask(wire::connect({}));
  secure.connection().end(TRELLIS_CLOSE_LAYER);
  EXPECT_EQ(reason(), static_cast<std::uint32_t>(TRELLIS_DISCONNECTED_AUTHENTICATION)) << "its certificate expired";
}

TEST_F(Presence, TheBrokerStops) {
  broker.connect({}).connection().drain();
  EXPECT_EQ(reason(), static_cast<std::uint32_t>(TRELLIS_DISCONNECTED_BY_SERVER));
}

TEST_F(Presence, ASessionThatIsEnded) {
  broker.connect({.id = "a"});
  broker.host.end_subscriber("a", TRELLIS_ENDED_OVERFLOW);
  EXPECT_EQ(reason(), static_cast<std::uint32_t>(TRELLIS_DISCONNECTED_OVERFLOW));
  broker.connect({.id = "b"});
  broker.host.end_subscriber("b", TRELLIS_ENDED_REMOVED);
  EXPECT_EQ(reason(), static_cast<std::uint32_t>(TRELLIS_DISCONNECTED_BY_SERVER));
}

}  // namespace
}  // namespace trellis::mqtt

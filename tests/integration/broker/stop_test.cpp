// SIGTERM: clients are told or closed, what they wait for still arrives, and the program ends in time with code 0.
#include <signal.h>

#include <thread>

#include "support/site.hpp"

namespace trellis::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class Stop : public SiteTest, public ::testing::WithParamInterface<int> {};

TEST_P(Stop, EndsWithCodeZero) {
  start({});
  broker().process().signal(GetParam());
  EXPECT_EQ(broker().process().wait(kPatience), 0) << broker().output();
}
INSTANTIATE_TEST_SUITE_P(Signals, Stop, ::testing::Values(SIGTERM, SIGINT),
                         [](const auto& signal) { return signal.param == SIGTERM ? "sigterm" : "sigint"; });

class Drain : public SiteTest {};

TEST_F(Drain, Mqtt5ClientsAreToldThatTheServerShutsDown) {
  start({.shards = 2});
  std::vector<RawClient> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(connected());
  broker().process().signal(SIGTERM);
  for (auto& client : clients) {
    const auto goodbye = client.expect(PacketType::disconnect);
    EXPECT_EQ(goodbye.reason, 0x8B);
    EXPECT_EQ(client.receive(), std::nullopt);
  }
}

TEST_F(Drain, OlderClientsAreClosed) {
  start({});
  auto v31 = connected(Version::v31);
  auto v311 = connected(Version::v311);
  broker().process().signal(SIGTERM);
  EXPECT_EQ(v31.receive(), std::nullopt);
  EXPECT_EQ(v311.receive(), std::nullopt);
}

TEST_F(Drain, ConnectionsWithoutAClientDoNotHoldItUp) {
  start({.limits = R"("drain": "60s")"});
  auto mute = open();
  mute.send("\x10");  // a CONNECT that never ends
  EXPECT_EQ(terminate(), 0);
  EXPECT_EQ(mute.receive(), std::nullopt);
}

// What the broker has for a client that stopped reading: more than the sockets hold, less than its output limit.
class Backlog {
 public:
  static constexpr std::size_t kPayload = 100'000;
  static constexpr int kMessages = 150;

  static Site site(const std::string& drain) {
    return {.limits = R"("drain": ")" + drain + '"', .listener = R"("output_bytes": "64MiB", "close_timeout": "60s")"};
  }
  Backlog(RawClient& subscriber, RawClient& publisher, const std::string& topic) {
    subscriber.subscribe({{.filter = topic}});
    for (int i = 0; i < kMessages; ++i)
      publisher.publish({.topic = topic, .payload = std::to_string(i) + std::string(kPayload, '.'), .qos = 1});
  }
};

TEST_F(Drain, OutputUnderWayReachesASlowReader) {
  start(Backlog::site("30s"));
  auto slow = connected();
  auto publisher = connected();
  const Backlog backlog(slow, publisher, unique());
  broker().process().signal(SIGTERM);
  publisher.expect(PacketType::disconnect);
  publisher.close();
  // Only now the slow one begins to read: all of it is there, then the goodbye.
  slow.set_deadline(kPatience);
  for (int i = 0; i < Backlog::kMessages; ++i) {
    const auto message = slow.expect(PacketType::publish);
    EXPECT_EQ(message.payload.substr(0, message.payload.find('.')), std::to_string(i));
  }
  EXPECT_EQ(slow.expect(PacketType::disconnect).reason, 0x8B);
  EXPECT_EQ(slow.receive(), std::nullopt);
  EXPECT_EQ(exit_code(), 0) << broker().output();
}

TEST_F(Drain, ReaderThatNeverReadsHoldsItUpForTheDrainTimeOnly) {
  start(Backlog::site("1s"));
  auto stuck = connected();
  auto publisher = connected();
  const Backlog backlog(stuck, publisher, unique());
  publisher.close();
  const auto begin = steady_clock::now();
  EXPECT_EQ(terminate(), 0) << broker().output();
  const auto took = steady_clock::now() - begin;
  EXPECT_GE(took, milliseconds(900)) << "it did not wait for the client at all";
  EXPECT_LT(took, seconds(15));
  EXPECT_NE(broker().output().find("clients left behind connections=1"), std::string::npos) << broker().output();
}

class DrainToldTwice : public Drain, public ::testing::WithParamInterface<int> {};

TEST_P(DrainToldTwice, EndsAtOnce) {
  start(Backlog::site("10m"));
  auto stuck = connected();
  auto publisher = connected();
  const Backlog backlog(stuck, publisher, unique());
  broker().process().signal(SIGTERM);
  publisher.expect(PacketType::disconnect);
  publisher.close();
  EXPECT_EQ(exit_code(milliseconds(300)), std::nullopt) << "it did not wait for the client at all";
  broker().process().signal(SIGHUP);
  broker().process().signal(GetParam());
  EXPECT_EQ(exit_code(), 0) << broker().output();
  EXPECT_NE(broker().output().find("clients left behind connections=1"), std::string::npos) << broker().output();
}
INSTANTIATE_TEST_SUITE_P(Signals, DrainToldTwice, ::testing::Values(SIGTERM, SIGINT),
                         [](const auto& signal) { return signal.param == SIGTERM ? "sigterm" : "sigint"; });

TEST_F(Drain, AcceptsNobodyMeanwhile) {
  start(Backlog::site("2s"));
  auto stuck = connected();
  auto publisher = connected();
  const Backlog backlog(stuck, publisher, unique());
  broker().process().signal(SIGTERM);
  publisher.expect(PacketType::disconnect);
  EXPECT_THROW(open(), std::runtime_error);
}

TEST_F(Drain, DoesNotWaitForAReaderThatVanished) {
  start(Backlog::site("60s"));
  auto vanishing = connected();
  auto publisher = connected();
  const Backlog backlog(vanishing, publisher, unique());
  publisher.close();
  broker().process().signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return broker().output().find("draining") != std::string::npos; }));
  vanishing.reset();
  EXPECT_EQ(exit_code(), 0) << broker().output();
}

TEST_F(Drain, TellsWhoAsksThatItIsNotReady) {
  start(Backlog::site("60s"));
  auto slow = connected();
  auto publisher = connected();
  const Backlog backlog(slow, publisher, unique());
  EXPECT_EQ(http_get(broker().port("admin"), "/readyz").status, 200);
  broker().process().signal(SIGTERM);
  publisher.expect(PacketType::disconnect);
  publisher.close();
  const auto answer = http_get(broker().port("admin"), "/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_NE(answer.body.find("draining"), std::string::npos) << answer.body;
  slow.reset();
  EXPECT_EQ(exit_code(), 0) << broker().output();
}

TEST_F(Drain, IdleHttpConnectionsAreNotWaitedFor) {
  start({.limits = R"("drain": "60s")"});
  RawClient idle(broker().port("admin"));
  EXPECT_EQ(terminate(), 0) << broker().output();
}

}  // namespace
}  // namespace trellis::testing

// Authenticators: answers now, later, twice, never.
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <stdexcept>
#include <thread>
#include <trellis/authenticator.hpp>
#include <trellis/testing/test_host.hpp>

namespace trellis {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Does what the user name asks for.
class Obedient final : public Authenticator {
 public:
  static constexpr PluginInfo kInfo{.id = "authenticator-obedient", .version = "1.0.0"};

  void authenticate(const AuthRequest& request, AuthReply reply) override {
    const std::string wish(request.username);
    if (wish == "allow") {
      const std::string name = "user-" + std::string(request.client_id);
      reply.allow({.name = name, .attributes = {{"role", "tester"}}, .expires = 5s});
    } else if (wish == "deny") {
      reply.bad_credentials("wrong password");
    } else if (wish == "defer") {
      reply.defer();
    } else if (wish == "throw") {
      throw std::runtime_error("the directory is on fire");
    } else if (wish == "twice") {
      reply.deny("first");
      reply.allow();
    } else if (wish == "challenge") {
      request.continues() ? reply.allow({.name = request.data}) : reply.challenge("who?");
    } else if (wish == "later") {
      waiting.emplace(reply.token(), std::move(reply));
    } else if (wish == "thread") {
      worker = std::thread([reply = std::move(reply)]() mutable { reply.allow({.name = "from a thread"}); });
    }
  }

  void on_abandoned(trellis_token token) noexcept override { waiting.erase(token); }

  void stop() override {
    waiting.clear();
    if (worker.joinable()) worker.join();
  }

  std::map<trellis_token, AuthReply> waiting;
  std::thread worker;
};

TEST(Authenticator, AllowsWithNameAndAttributes) {
  testing::TestHost host;
  auto auth = host.load<Obedient>();
  auto client = auth.connect({.client_id = "m1", .username = "allow"});
  EXPECT_EQ(client.verdict(), AuthVerdict::allow);
  EXPECT_EQ(client.outcome().name, "user-m1");
  EXPECT_EQ(client.outcome().attributes, (testing::TextPairs{{"role", "tester"}}));
  EXPECT_EQ(client.outcome().expires_at_ms, 5000);
}

TEST(Authenticator, DeniesWithStatusAndReason) {
  testing::TestHost host;
  auto auth = host.load<Obedient>();
  auto client = auth.connect({.username = "deny"});
  EXPECT_TRUE(client.denied());
  EXPECT_EQ(client.outcome().status, Status::bad_credentials);
  EXPECT_EQ(client.outcome().reason, "wrong password");
  EXPECT_EQ(auth.connect({.username = "defer"}).verdict(), AuthVerdict::defer);
}

TEST(Authenticator, DeniesWhenTheReplyIsLetGo) {
  testing::TestHost host;
  auto auth = host.load<Obedient>();
  auto client = auth.connect({.username = "nothing at all"});
  EXPECT_TRUE(client.denied());
  EXPECT_EQ(client.outcome().status, Status::unavailable);
}

TEST(Authenticator, DeniesWhenItThrows) {
  testing::TestHost host;
  auto auth = host.load<Obedient>();
  EXPECT_TRUE(auth.connect({.username = "throw"}).denied());
  EXPECT_TRUE(host.logged("the directory is on fire"));
}

TEST(Authenticator, AnswersOnceOnly) {
  testing::TestHost host;
  auto auth = host.load<Obedient>();
  EXPECT_EQ(auth.connect({.username = "twice"}).outcome().reason, "first");
}

TEST(Authenticator, AnswersLater) {
  testing::TestHost host;
  auto auth = host.load<Obedient>();
  auto client = auth.connect({.username = "later"});
  EXPECT_EQ(client.verdict(), AuthVerdict::pending);
  auto& waiting = auth.as<Obedient>().waiting;
  waiting.begin()->second.allow({.name = "late"});
  EXPECT_EQ(client.outcome().name, "late");
}

TEST(Authenticator, AnswersFromAThreadOfItsOwn) {
  testing::TestHost host;
  auto auth = host.load<Obedient>();
  auto client = auth.connect({.username = "thread"});
  EXPECT_TRUE(host.wait([&] { return client.verdict() != AuthVerdict::pending; }));
  EXPECT_EQ(client.outcome().name, "from a thread");
}

TEST(Authenticator, SilenceUntilTheDeadlineDenies) {
  testing::TestHost host({.auth_deadline = 200ms});
  auto auth = host.load<Obedient>();
  auto client = auth.connect({.client_id = "m1", .username = "later"});
  host.advance(199ms);
  EXPECT_EQ(client.verdict(), AuthVerdict::pending);
  host.advance(1ms);
  EXPECT_EQ(client.verdict(), AuthVerdict::deny);
  // The answer that comes after that is counted and changes nothing.
  auth.as<Obedient>().waiting.clear();
  EXPECT_EQ(host.late_answers(), 1u);
}

TEST(Authenticator, ForgetsAClientThatLeft) {
  testing::TestHost host;
  auto auth = host.load<Obedient>();
  auto client = auth.connect({.username = "later"});
  client.leave();
  EXPECT_TRUE(auth.as<Obedient>().waiting.empty());
}

TEST(Authenticator, ChallengesStepByStep) {
  testing::TestHost host;
  auto auth = host.load<Obedient>();
  auto client = auth.connect({.username = "challenge", .method = "ASK"});
  EXPECT_EQ(client.verdict(), AuthVerdict::challenge);
  EXPECT_EQ(client.outcome().data, "who?");
  EXPECT_EQ(client.answer("ada"), AuthVerdict::allow);
  EXPECT_EQ(client.outcome().name, "ada");
}

}  // namespace
}  // namespace trellis

// Requests that a service keeps beyond their call, through the SDK and TestHost.
#include <gmock/gmock-matchers.h>

#include <memory>
#include <trellis/service.hpp>
#include <trellis/testing/test_host.hpp>

namespace {

using trellis::testing::AuthOutcome;
using trellis::testing::Client;
using trellis::testing::TestHost;

/// Says who its client is: at once, in two pieces below /stream, and never below /wait.
class WhoAreYou final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "who-are-you", .version = "1.0.0"};

  struct Call final : trellis::ExchangeUser {
    Call(WhoAreYou& from, const trellis::Request& request, trellis::Reply reply_of_it)
        : owner(from), path(request.path()), reply(std::move(reply_of_it)), exchange(*this) {
      kept = exchange.keep(request);
    }
    void ask(std::string_view user) const {
      trellis_credentials credentials{};
      credentials.struct_size = sizeof credentials;
      credentials.flags = TRELLIS_CREDENTIALS_HAS_USERNAME;
      credentials.username = trellis::view(user);
      exchange.authenticate(credentials);
    }
    void on_authenticated(trellis_connection* connection, const trellis_auth_answer& answer, bool) override {
      const std::string name = connection == nullptr ? "nobody" : std::string(trellis::text(answer.name));
      if (path == "/wait") return;
      if (path == "/stream") {
        exchange.stream(reply, {.body = "you are "});
        return exchange.write(name);
      }
      exchange.release();
      reply.text(name, connection == nullptr ? 401 : 200);
    }
    void on_over() override { ++owner.overs; }

    WhoAreYou& owner;
    std::string path;
    trellis::Reply reply;
    trellis::Exchange exchange;
    bool kept = false;
  };
  struct ShardState {
    ShardState(WhoAreYou&, trellis::Shard&) {}
    std::vector<std::unique_ptr<Call>> calls;
  };

  void on_request(const trellis::Request& request, trellis::Reply reply) override {
    auto& calls = request.shard().state<ShardState>().calls;
    calls.push_back(std::make_unique<Call>(*this, request, std::move(reply)));
    EXPECT_TRUE(calls.back()->kept);
    calls.back()->ask(request.header("user"));
  }

  int overs = 0;
};

class Exchanges : public ::testing::TestWithParam<bool> {
 protected:
  trellis::testing::ResponseWatch ask(const std::string& path, const std::string& user) {
    return service_.request({.path = path, .headers = {{"user", user}}});
  }
  int overs() const { return service_.as<WhoAreYou>().overs; }

  TestHost host_{{.eager = GetParam()}};
  trellis::testing::ServiceDriver service_ = host_.load<WhoAreYou>();
};

TEST_P(Exchanges, TellWhoseARequestIs) {
  host_.on_authenticate([](const Client& client) {
    AuthOutcome outcome;
    outcome.verdict = client.username == "ada" ? trellis::AuthVerdict::allow : trellis::AuthVerdict::deny;
    outcome.name = client.username.value_or("");
    return outcome;
  });
  EXPECT_EQ(ask("/", "ada").body(), "ada");
  EXPECT_EQ(ask("/", "eve").status(), 401u);
  EXPECT_EQ(overs(), 0) << "they were released";
}

TEST_P(Exchanges, AnswerPieceByPieceUntilTheClientGoes) {
  const auto stream = ask("/stream", "ada");
  EXPECT_EQ(stream.status(), 200u);
  EXPECT_EQ(stream.body(), "you are ada");
  EXPECT_EQ(overs(), 0);
  stream.leave();
  EXPECT_EQ(overs(), 1);
}

TEST_P(Exchanges, AreOverWithTheirClientOrTheInstance) {
  ask("/wait", "ada").leave();
  EXPECT_EQ(overs(), 1);
  ask("/wait", "ada");
  ask("/stream", "ada");
  service_.instance().stop();
  EXPECT_EQ(overs(), 3);
}

INSTANTIATE_TEST_SUITE_P(Kernels, Exchanges, ::testing::Bool());

}  // namespace

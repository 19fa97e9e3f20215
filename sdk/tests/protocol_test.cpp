// A small protocol on the kernel in miniature: lines of text over subscribers.
//
//   AUTH user | SUB filter | PUB topic payload | ACK | WAIT ms | GET path | MOVE shard | QUIT
#include <gmock/gmock-matchers.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <trellis/message.hpp>
#include <trellis/protocol.hpp>
#include <trellis/testing/test_host.hpp>

namespace trellis {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class Lines final : public Protocol {
 public:
  static constexpr PluginInfo kInfo{.id = "transport-lines", .version = "1.0.0", .wants = {TRELLIS_HOST_SUBSCRIBER}};

  struct Tables {
    const trellis_host_connection* connection;
    const trellis_host_identity* identity;
    const trellis_host_publish* publish;
    const trellis_host_service* service;
    const trellis_host_subscriber* subscriber;
  };

  struct PerShard;

  struct Line;
  /// Owner of a subscriber, which outlives connections.
  struct Session {
    Line* line;
    trellis_subscriber* subscriber = nullptr;
  };

  struct Line {
    PerShard& shard;
    trellis_connection* connection;
    Session* session = nullptr;
    std::uint64_t lease = 0;
    std::string name;

    void say(std::string_view text) const noexcept { tables().connection->write(connection, text.data(), text.size()); }
    const Tables& tables() const noexcept;
    std::size_t on_bytes(std::span<const std::uint8_t> data, std::size_t& wanted) noexcept {
      const std::string_view input = text(data);
      const std::size_t end = input.find('\n');
      if (end == std::string_view::npos) {
        wanted = input.size() + 1;
        return 0;
      }
      return obey(std::string(input.substr(0, end))) ? end + 1 : 0;
    }
    bool obey(const std::string& line) noexcept;
    void on_authenticated(const trellis_auth_answer& answer) noexcept;
    void on_timer() noexcept { say("time\n"); }
    void on_drain() noexcept {
      say("bye\n");
      tables().connection->close(connection);
    }
    void on_response(void* user, const trellis_response& response) noexcept {
      say(std::to_string(response.status) + " " + std::string(text(response.body)) + (user == this ? "\n" : "?"));
    }
  };

  struct PerShard {
    Lines& plugin;
    trellis_shard* handle;
    Line* open(trellis_connection* connection) noexcept { return new Line{*this, connection, nullptr, 0, {}}; }
    void close(Line* line, std::uint32_t) noexcept {
      if (line->session != nullptr) {
        line->session->line = nullptr;
        plugin.tables_.subscriber->detach(line->session->subscriber, 1000);
      }
      delete line;
    }
  };

  Result<void> start() override {
    tables_ = {host().table<trellis_host_connection>(), host().table<trellis_host_identity>(),
               host().table<trellis_host_publish>(), host().table<trellis_host_service>(),
               host().table<trellis_host_subscriber>()};
    return ok();
  }
  void* open_shard(trellis_shard* shard, std::uint32_t) { return new PerShard{*this, shard}; }
  static void close_shard(void* state) noexcept { delete static_cast<PerShard*>(state); }

  const trellis_protocol& protocol() const noexcept override {
    static constexpr trellis_protocol kTable = protocol_table<PerShard, Line>();
    return kTable;
  }

  static void deliver(void*, void* user, const trellis_delivery* deliveries, std::uint32_t count) noexcept {
    auto& line = *static_cast<Session*>(user)->line;
    for (std::uint32_t i = 0; i < count; ++i) {
      line.say(std::string((deliveries[i].flags & TRELLIS_DELIVERY_REDELIVERED) != 0 ? "AGAIN " : "MSG ") +
               std::string(text(deliveries[i].message->topic)) + " " +
               std::string(text(deliveries[i].message->payload)) + "\n");
      if (deliveries[i].lease != 0) line.lease = deliveries[i].lease;
    }
  }
  static constexpr trellis_receiver kReceiver{
      sizeof(trellis_receiver), &deliver,
      [](void*, void* user, bool) noexcept {
        const std::unique_ptr<Session> session(static_cast<Session*>(user));
        if (session->line == nullptr) return true;
        session->line->session = nullptr;
        session->line->tables().connection->close(session->line->connection);
        return true;
      },
      [](void*, void* user, std::uint32_t) noexcept { delete static_cast<Session*>(user); }, nullptr};

  Tables tables_{};
};

const Lines::Tables& Lines::Line::tables() const noexcept { return shard.plugin.tables_; }

bool Lines::Line::obey(const std::string& line) noexcept {
  const std::size_t space = line.find(' ');
  const std::string verb = line.substr(0, space);
  const std::string rest = space == std::string::npos ? "" : line.substr(space + 1);
  if (verb == "AUTH") {
    name = rest;
    trellis_credentials credentials{};
    credentials.struct_size = sizeof credentials;
    credentials.flags = TRELLIS_CREDENTIALS_HAS_USERNAME;
    credentials.client_id = credentials.username = view(name);
    tables().identity->authenticate(connection, &credentials);
  } else if (verb == "SUB") {
    trellis_subscription subscription{};
    subscription.struct_size = sizeof subscription;
    subscription.flags = TRELLIS_SUBSCRIBE_RETAINED;
    subscription.filter = view(rest);
    subscription.qos = 1;
    say("sub " + std::to_string(tables().subscriber->subscribe(session->subscriber, &subscription)) + "\n");
  } else if (verb == "PUB") {
    const std::size_t gap = rest.find(' ');
    const std::string topic = rest.substr(0, gap);
    Publication publication(topic, std::string_view(rest).substr(gap + 1));
    trellis_status status = TRELLIS_STATUS_UNSET;
    tables().publish->publish(connection, publication.qos(1).get(), &status, 1);
    say("pub " + std::to_string(status) + "\n");
  } else if (verb == "ACK") {
    tables().subscriber->settle(session->subscriber, lease, TRELLIS_SETTLE_ACCEPT);
  } else if (verb == "WAIT") {
    tables().connection->set_timer(connection, std::stoul(rest));
  } else if (verb == "GET") {
    trellis_request request{};
    request.struct_size = sizeof request;
    request.method = view("GET");
    request.path = view(rest);
    tables().service->dispatch(connection, &request, this);
  } else if (verb == "MOVE") {
    trellis_connection_info info{};
    info.struct_size = sizeof info;
    tables().connection->info(connection, &info);
    if ((info.flags & TRELLIS_CONNECTION_MOVED) != 0) {
      say("moved\n");
      return true;
    }
    tables().connection->move(connection, static_cast<std::uint32_t>(std::stoul(rest)));
    return false;
  } else if (verb == "HOME") {
    say("home " + std::to_string(tables().subscriber->home(connection, view(rest))) + "\n");
  } else if (verb == "HAND") {
    say(tables().connection->restart(connection, rest.data(), rest.size()) ? "gone\n" : "stays\n");
  } else if (verb == "QUIT") {
    tables().connection->close(connection);
  }
  return true;
}

void Lines::Line::on_authenticated(const trellis_auth_answer& answer) noexcept {
  if (answer.verdict != TRELLIS_AUTH_ALLOW) {
    say("denied\n");
    return tables().connection->close(connection);
  }
  trellis_subscriber_options options{};
  options.struct_size = sizeof options;
  options.name = view(name);
  session = new Session{this};
  const auto status =
      tables().subscriber->open(shard.handle, &options, &Lines::kReceiver, session, &session->subscriber);
  tables().subscriber->attach(session->subscriber, connection, 0);
  say("hello " + std::string(text(answer.name)) + " " + std::to_string(status) + "\n");
}

class ProtocolTest : public ::testing::TestWithParam<bool> {
 protected:
  testing::TestHost host{{.shards = 2, .eager = GetParam()}};
  testing::ProtocolDriver lines = host.load<Lines>();
  testing::ProtocolConnection client(const std::string& name) {
    auto connection = lines.connect();
    connection.send("AUTH " + name + "\n");
    return connection;
  }
};
INSTANTIATE_TEST_SUITE_P(AnswersInsideAndAfter, ProtocolTest, ::testing::Bool());

TEST_P(ProtocolTest, PublishesToSubscribers) {
  auto ada = client("ada");
  EXPECT_EQ(ada.received(), "hello ada 1\n");
  ada.send("SUB a/+\n");
  EXPECT_EQ(ada.received(), "sub 1\n");
  auto bob = client("bob");
  bob.send("PUB a/b hi\n");
  EXPECT_EQ(bob.received(), "hello bob 1\npub 1\n");
  EXPECT_EQ(ada.received(), "MSG a/b hi\n");
  EXPECT_EQ(host.published().back().message.publisher, "bob");
  ada.send("ACK\n");
  EXPECT_EQ(host.settled().back().outcome, std::uint32_t{TRELLIS_SETTLE_ACCEPT});
  EXPECT_EQ(host.subscriber("ada").queued, 0u);
}

TEST_P(ProtocolTest, FeedsPiecesUntilALineIsWhole) {
  auto ada = lines.connect();
  ada.send("AU");
  ada.send("TH ada");
  EXPECT_EQ(ada.unread(), 8u);
  ada.send("\nSUB x\n");
  EXPECT_EQ(ada.received(), "hello ada 1\nsub 1\n");
}

TEST_P(ProtocolTest, NamesLiveWhereTheyWereAskedForFirst) {
  auto one = lines.connect({.shard = 1});
  auto two = lines.connect({.shard = 0});
  one.send("HOME bob\n");
  two.send("HOME bob\nHOME eve\n");
  EXPECT_EQ(one.received(), "home 1\n");
  EXPECT_EQ(two.received(), "home 1\nhome 0\n");
  one.disconnect();
  auto three = lines.connect({.shard = 0});
  three.send("HOME bob\n");
  EXPECT_EQ(three.received(), "home 0\n") << "nobody holds it any more";
}

TEST_P(ProtocolTest, HandsAConnectionOnWhereTheListenerServesMore) {
  auto alone = lines.connect();
  alone.send("HAND GET\n");
  EXPECT_EQ(alone.received(), "stays\n");
  EXPECT_TRUE(alone.open());
  auto among = lines.connect({.restarts = true});
  among.send("HAND GET\n");
  EXPECT_EQ(among.received(), "gone\n");
  EXPECT_EQ(among.restarted(), "GET");
  EXPECT_EQ(among.close_reason(), std::uint32_t{TRELLIS_CLOSE_MOVED});
}

TEST_P(ProtocolTest, DeliversAgainAfterAReconnect) {
  auto ada = client("ada");
  ada.send("SUB #\n");
  host.publish({.topic = "x", .payload = "1", .qos = 1});
  EXPECT_EQ(host.subscriber("ada").leased, 1u);
  ada.disconnect();
  host.publish({.topic = "x", .payload = "2", .qos = 1});
  auto again = client("ada");
  EXPECT_EQ(again.received(), "hello ada 3\nAGAIN x 1\nMSG x 2\n");
}

TEST_P(ProtocolTest, ForgetsASubscriberThatStaysAway) {
  auto ada = client("ada");
  ada.disconnect();
  host.advance(999ms);
  EXPECT_TRUE(host.subscriber("ada").exists);
  host.advance(1ms);
  EXPECT_FALSE(host.subscriber("ada").exists);
}

TEST_P(ProtocolTest, GivesTheSubscriberToTheNewerConnection) {
  auto first = client("ada");
  auto second = client("ada");
  EXPECT_FALSE(first.open());
  EXPECT_EQ(second.received(), "hello ada 3\n");
}

TEST_P(ProtocolTest, ClosesWhoIsDenied) {
  host.on_authenticate([](const testing::Client&) { return testing::AuthOutcome{.verdict = AuthVerdict::deny}; });
  auto ada = client("ada");
  EXPECT_EQ(ada.received(), "denied\n");
  EXPECT_EQ(ada.close_reason(), std::uint32_t{TRELLIS_CLOSE_PROTOCOL});
}

TEST_P(ProtocolTest, WaitsForAnAnswerThatComesLater) {
  host.on_authenticate([](const testing::Client&) { return testing::AuthOutcome{.verdict = AuthVerdict::pending}; });
  auto ada = client("ada");
  ada.send("SUB x\n");
  EXPECT_EQ(ada.received(), "");
  ada.authenticated({.verdict = AuthVerdict::allow, .name = "A"});
  EXPECT_EQ(ada.received(), "hello A 1\nsub 1\n");
}

TEST_P(ProtocolTest, AsksAuthorizers) {
  host.on_authorize([](Action, std::string_view, std::string_view topic) { return topic != "secret"; });
  auto ada = client("ada");
  ada.send("PUB secret x\nSUB secret\n");
  EXPECT_EQ(ada.received(), "hello ada 1\npub 10\nsub 10\n");
}

TEST_P(ProtocolTest, HasATimer) {
  auto ada = lines.connect();
  ada.send("WAIT 500\n");
  host.advance(499ms);
  EXPECT_EQ(ada.received(), "");
  host.advance(1ms);
  EXPECT_EQ(ada.received(), "time\n");
}

TEST_P(ProtocolTest, AsksServices) {
  host.on_request([](const testing::RequestSample& request) {
    return testing::ResponseSample{200, "you asked " + request.path, {}};
  });
  auto ada = lines.connect();
  ada.send("GET /x\n");
  EXPECT_EQ(ada.received(), "200 you asked /x\n");
}

TEST_P(ProtocolTest, MovesToAnotherShard) {
  auto ada = lines.connect({.shard = 0});
  ada.send("MOVE 1\n");
  EXPECT_EQ(ada.shard(), 1u);
  EXPECT_EQ(ada.received(), "moved\n");
}

TEST_P(ProtocolTest, SaysGoodbyeWhenTheBrokerStops) {
  auto ada = lines.connect();
  ada.drain();
  EXPECT_EQ(ada.received(), "bye\n");
  EXPECT_FALSE(ada.open());
}

TEST_P(ProtocolTest, SendsRetainedMessagesToNewSubscriptions) {
  host.publish({.topic = "r", .payload = "kept", .qos = 0, .retain = true});
  auto ada = client("ada");
  ada.send("SUB r\n");
  EXPECT_EQ(ada.received(), "hello ada 1\nsub 1\nMSG r kept\n");
}

}  // namespace
}  // namespace trellis

// The thread of a destination: when it connects, and what becomes of events where it cannot.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <iterator>
#include <optional>

#include "fixture.hpp"

namespace postgres {
namespace {

using namespace postgres::testing;

/// A server that lets one client in, and answers nothing further.
class SilentServer {
 public:
  SilentServer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    EXPECT_EQ(::bind(listener_, address, size), 0);
    EXPECT_EQ(::listen(listener_, 1), 0);
    EXPECT_EQ(::getsockname(listener_, address, &size), 0);
    port_ = ntohs(at.sin_port);
    thread_ = std::thread([this] { let_in(); });
  }
  ~SilentServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;
  std::uint16_t port() const { return port_; }

 private:
  void let_in() const {
    // AuthenticationOk and ReadyForQuery.
    static constexpr char kWelcome[] = {'R', 0, 0, 0, 8, 0, 0, 0, 0, 'Z', 0, 0, 0, 5, 'I'};
    const int client = ::accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    char bytes[1024];
    if (::recv(client, bytes, sizeof(bytes), 0) > 0 &&
        ::send(client, kWelcome, sizeof(kWelcome), MSG_NOSIGNAL) == sizeof(kWelcome)) {
      while (::recv(client, bytes, sizeof(bytes), 0) > 0) {
      }
    }
    ::close(client);
  }
  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

class WorkerTest : public ::testing::Test {
 protected:
  /// The thread is another one: the host's turns go on until it has done that, or for long enough.
  bool reached(const std::function<bool()>& condition) {
    for (const auto until = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < until;) {
      host_.turn();
      if (condition()) return true;
      std::this_thread::yield();
    }
    return false;
  }
  bool settled(const DeliveryWatch& watch) {
    return reached([&] { return watch.outcome() != Settled::waiting; });
  }
  bool dialled() {
    return reached([&] { return !host_.dials().empty(); });
  }

  TestHost host_;
};

TEST_F(WorkerTest, TheKernelIsAskedWhetherTheAddressMayBeConnectedTo) {
  const auto destination = host_.load<PostgresHandler>().open(block(R"(, "port": 5)"));
  const auto watch = destination.deliver({event()}).front();
  ASSERT_TRUE(dialled());
  EXPECT_EQ(host_.dials().front().host, "127.0.0.1");
  EXPECT_EQ(host_.dials().front().port, 5u);
  EXPECT_FALSE(host_.dials().front().secure);
  host_.fail_dial(TRELLIS_DIAL_FORBIDDEN, "the address may not be dialled");
  ASSERT_TRUE(settled(watch));
  EXPECT_EQ(watch.outcome(), Settled::retry);
  EXPECT_EQ(watch.cause(), Cause::forbidden);
  EXPECT_EQ(watch.retry_after(), 10s);
  EXPECT_THAT(watch.reason(), HasSubstr("postgres://127.0.0.1:5: cannot connect: the address may not be dialled"));
  EXPECT_EQ(host_.metric("trellis_handler_postgres_failures_total", R"(cause="forbidden")"), 1);
}

TEST_F(WorkerTest, WhatPassesIsWaitedFor) {
  const auto destination = host_.load<PostgresHandler>(R"({"timeout": "300ms"})").open(block());
  const auto watch = destination.deliver({event()}).front();
  ASSERT_TRUE(dialled());
  host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody is there");
  EXPECT_EQ(watch.outcome(), Settled::waiting);
  ASSERT_TRUE(dialled()) << "it is tried again";
  ASSERT_TRUE(reached([&] {
    if (!host_.dials().empty()) host_.fail_dial(TRELLIS_DIAL_CONNECT, "nobody is there");
    return watch.outcome() != Settled::waiting;
  }));
  EXPECT_EQ(watch.cause(), Cause::socket);
  EXPECT_EQ(host_.metric("trellis_handler_postgres_waiting"), 0);
}

TEST_F(WorkerTest, AQuestionIsAnsweredByTheFirstAttempt) {
  const auto destination = host_.load<PostgresHandler>().open(block());
  const auto consent = destination.check();
  ASSERT_TRUE(dialled());
  host_.fail_dial(TRELLIS_DIAL_NAME, "there is no such name");
  ASSERT_TRUE(settled(consent));
  EXPECT_EQ(consent.outcome(), Settled::retry);
  EXPECT_EQ(consent.cause(), Cause::resolution);
}

TEST_F(WorkerTest, AQuestionIsAnsweredWhereThereIsAConnectionAlready) {
  const SilentServer server;
  const auto destination = host_.load<PostgresHandler>().open(block(R"(, "port": )" + std::to_string(server.port())));
  const auto first = destination.check();
  ASSERT_TRUE(dialled());
  host_.answer_dial();
  ASSERT_TRUE(settled(first));
  EXPECT_EQ(first.outcome(), Settled::delivered);
  const auto second = destination.check();
  ASSERT_TRUE(settled(second));
  EXPECT_EQ(second.outcome(), Settled::delivered);
  EXPECT_EQ(host_.metric("trellis_handler_postgres_dials_total", R"(result="opened")"), 1);
}

TEST_F(WorkerTest, ADestinationThatIsReleasedSettlesEverything) {
  std::vector<DeliveryWatch> watches;
  {
    const auto destination = host_.load<PostgresHandler>().open(block());
    watches = destination.deliver({event("a"), event("b")});
    ASSERT_TRUE(dialled());
  }
  for (const auto& watch : watches) {
    ASSERT_TRUE(settled(watch));
    EXPECT_EQ(watch.outcome(), Settled::later) << "it was not sent";
    EXPECT_EQ(watch.cause(), Cause::canceled);
    EXPECT_EQ(watch.retry_after(), 1s);
  }
}

TEST_F(WorkerTest, AnInstanceThatWasReplacedHasNoThreadBeyondItsDestinations) {
  const SilentServer server;
  const auto threads = [] {
    const std::filesystem::directory_iterator all("/proc/self/task");
    return std::distance(begin(all), end(all));
  };
  const auto before = threads();
  const auto plugin = host_.load<PostgresHandler>();
  std::optional<OpenDestination> destination(plugin.open(block(R"(, "port": )" + std::to_string(server.port()))));
  plugin.instance().drain(1s);
  const auto consent = destination->check();
  ASSERT_TRUE(dialled());
  host_.answer_dial();
  ASSERT_TRUE(settled(consent));
  EXPECT_EQ(consent.outcome(), Settled::delivered) << "whoever has it open is served";
  EXPECT_EQ(threads(), before + 1);
  destination.reset();
  EXPECT_TRUE(reached([&] { return threads() == before - 1; })) << "and the server's goes with its client";
}

TEST_F(WorkerTest, AStopIsNoAttemptOfWhatWaits) {
  const auto plugin = host_.load<PostgresHandler>();
  const auto destination = plugin.open(block());
  const auto watch = destination.deliver({event()}).front();
  ASSERT_TRUE(dialled());
  plugin.instance().stop();
  EXPECT_EQ(watch.outcome(), Settled::later);
  EXPECT_EQ(watch.cause(), Cause::canceled);
}

TEST_F(WorkerTest, WhatThisSideDoesNotDialIsNoAttempt) {
  const auto destination = host_.load<PostgresHandler>().open(block());
  const auto watch = destination.deliver({event()}).front();
  ASSERT_TRUE(dialled());
  host_.fail_dial(TRELLIS_DIAL_SETTINGS, "it cannot work");
  ASSERT_TRUE(settled(watch));
  EXPECT_EQ(watch.outcome(), Settled::later);
  EXPECT_EQ(watch.retry_after(), 10s);
}

TEST_F(WorkerTest, TooManyThatWaitAreSentBack) {
  const auto destination = host_.load<PostgresHandler>(R"({"waiting": 1})").open(block());
  const auto watches = destination.deliver({event("a"), event("b")});
  ASSERT_TRUE(settled(watches[1]));
  EXPECT_EQ(watches[1].outcome(), Settled::later);
  EXPECT_EQ(watches[1].cause(), Cause::busy);
  EXPECT_EQ(watches[1].retry_after(), 1s);
  EXPECT_EQ(host_.metric("trellis_handler_postgres_overflows_total"), 1);
}

}  // namespace
}  // namespace postgres

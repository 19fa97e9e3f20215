// The broker as a service of systemd: sockets that were opened for it, and what it tells.
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "support/broker.hpp"
#include "support/mqtt_test.hpp"

namespace trellis::testing {
namespace {

/// In systemd's place: opens a socket to listen on and one to be told on, and starts the broker with both.
class Service : public ::testing::Test {
 protected:
  void SetUp() override {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listening_, reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
    socklen_t size = sizeof any;
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&any), &size);
    port_ = ntohs(any.sin_port);
    ASSERT_EQ(::listen(listening_, 16), 0);
    told_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    notify_ = folder_.path() + "/notify";
    notify_.copy(name.sun_path, sizeof name.sun_path - 1);
    ASSERT_EQ(::bind(told_, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
    const timeval patience{20, 0};
    ::setsockopt(told_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  void TearDown() override {
    if (pid_ > 0) ::kill(pid_, SIGKILL);
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    ::close(listening_);
    ::close(told_);
  }

  void start(const std::string& socket_name, int watchdog_us = 0) {
    const std::string config = folder_.write("trellis.json", R"({"shards": 2,
          "listeners": [{"name": "mqtt", "address": "systemd:mqtt", "protocol": "transport-mqtt"}],
          "namespaces": {"default": {"authenticators": ["authenticator-anonymous"], "authorizers": ["authorizer-allow-all"]}}})");
    const std::string program = trellis_program();
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::dup2(listening_, 3);  // the copy survives exec
    ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_FDNAMES", socket_name.c_str(), 1);
    ::setenv("NOTIFY_SOCKET", notify_.c_str(), 1);
    if (watchdog_us != 0) ::setenv("WATCHDOG_USEC", std::to_string(watchdog_us).c_str(), 1);
    ::execl(program.c_str(), "trellis", "run", config.c_str(), nullptr);
    ::_exit(127);
  }

  /// The next thing the broker tells; empty when nothing comes.
  std::string told() const {
    char text[256];
    const ssize_t size = ::recv(told_, text, sizeof text, 0);
    return size < 0 ? std::string() : std::string(text, static_cast<std::size_t>(size));
  }
  int ended() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  TemporaryDirectory folder_;
  std::string notify_;
  int listening_ = -1;
  int told_ = -1;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
};

TEST_F(Service, TakesItsSocketsAndTellsHowItGoes) {
  start("mqtt");
  ASSERT_EQ(told(), "READY=1");
  RawClient client(port_);
  client.connect({.client_id = "one"});
  ::kill(pid_, SIGHUP);
  EXPECT_EQ(told().rfind("RELOADING=1\nMONOTONIC_USEC=", 0), 0u);
  EXPECT_EQ(told(), "READY=1");
  RawClient another(port_);
  another.connect({.client_id = "two"});
  ::kill(pid_, SIGTERM);
  EXPECT_EQ(told(), "STOPPING=1");
  EXPECT_EQ(ended(), 0);
}

TEST_F(Service, KeepsTheWatchdogQuiet) {
  start("mqtt", 200'000);
  ASSERT_EQ(told(), "READY=1");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(told(), "WATCHDOG=1");
  ::kill(pid_, SIGTERM);
  std::string last = told();
  while (last == "WATCHDOG=1") last = told();
  EXPECT_EQ(last, "STOPPING=1");
  EXPECT_EQ(ended(), 0);
}

TEST_F(Service, RefusesToStartWithoutTheSocketItNames) {
  start("other");
  EXPECT_EQ(ended(), 1);
}

}  // namespace
}  // namespace trellis::testing

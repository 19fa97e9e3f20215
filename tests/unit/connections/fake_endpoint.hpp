// One end of a socket pair under a connection, the other in the hands of the test.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/connections/connection.hpp>
#include <utility>
#include <vector>

#include "runtime/running_shard.hpp"

namespace trellis::connections::testing {

using namespace trellis::runtime::testing;

/// The peer's side of a connection; blocking, with patience.
class Peer {
 public:
  Peer() = default;
  explicit Peer(int fd) : fd_(fd) {}
  Peer(Peer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Peer& operator=(Peer&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Peer() { close(); }

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      ASSERT_GT(sent, 0);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Exactly so many bytes, fewer when the stream ends before.
  std::string receive(std::size_t size) const {
    std::string bytes;
    while (bytes.size() < size) {
      char buffer[16384];
      if (!readable()) break;
      const ssize_t n = ::recv(fd_, buffer, std::min(sizeof buffer, size - bytes.size()), 0);
      if (n <= 0) break;
      bytes.append(buffer, static_cast<std::size_t>(n));
    }
    return bytes;
  }
  std::string receive_all() const { return receive(SIZE_MAX); }
  void shut_down_writing() const { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int fd() const { return fd_; }

 private:
  bool readable() const {
    pollfd one{fd_, POLLIN, 0};
    if (::poll(&one, 1, 30'000) == 1) return true;
    ADD_FAILURE() << "the connection stays silent";
    return false;
  }
  int fd_ = -1;
};

/// What a test's protocol does with bytes: answers how many it consumed.
using OnBytes = std::function<std::size_t(Connection&, std::string_view, std::size_t& wanted)>;

/// A protocol on one shard that writes down what it is told. Touch its members on the shard only.
struct FakeProtocol {
  struct User {
    FakeProtocol& protocol;
    Connection& connection;
  };
  std::vector<std::string> calls;  // on_bytes, one each
  std::string input;               // what was consumed
  std::vector<std::uint32_t> closed;
  std::vector<std::uint32_t> verdicts;
  std::vector<trellis_status> statuses;
  int timers = 0;
  int drains = 0;
  bool refuse = false;
  Connection* connection = nullptr;  // the last one opened
  OnBytes on_bytes = [](Connection&, std::string_view bytes, std::size_t&) { return bytes.size(); };
  std::function<void(Connection&, const trellis_auth_answer&)> on_authenticated;
  std::function<void(Connection&)> on_timer;

  static const trellis_protocol& table() {
    static const trellis_protocol table = make();
    return table;
  }

 private:
  static User& of(void* user) { return *static_cast<User*>(user); }
  static void* open(void* shard, trellis_connection* handle) {
    auto& self = *static_cast<FakeProtocol*>(shard);
    if (self.refuse) return nullptr;
    self.connection = &Connection::of(handle);
    return new User{self, *self.connection};
  }
  static std::size_t bytes(void*, void* user, const std::uint8_t* data, std::size_t size, std::size_t* wanted) {
    User& at = of(user);
    const std::string_view given(reinterpret_cast<const char*>(data), size);
    FakeProtocol& protocol = at.protocol;  // the connection may be gone afterwards
    protocol.calls.emplace_back(given);
    const std::size_t consumed = protocol.on_bytes(at.connection, given, *wanted);
    protocol.input += given.substr(0, consumed);
    return consumed;
  }
  static void authenticated(void*, void* user, const trellis_auth_answer* answer) {
    User& at = of(user);
    at.protocol.verdicts.push_back(answer->verdict);
    at.protocol.statuses.push_back(answer->status);
    if (at.protocol.on_authenticated) at.protocol.on_authenticated(at.connection, *answer);
  }
  static void timer(void*, void* user) {
    User& at = of(user);
    ++at.protocol.timers;
    if (at.protocol.on_timer) at.protocol.on_timer(at.connection);
  }
  static void drain(void*, void* user) {
    ++of(user).protocol.drains;
    of(user).connection.close();
  }
  static void close(void*, void* user, std::uint32_t reason) {
    const std::unique_ptr<User> at(&of(user));
    at->protocol.closed.push_back(reason);
    if (at->protocol.connection == &at->connection) at->protocol.connection = nullptr;
  }
  static trellis_protocol make() {
    trellis_protocol made{};
    made.struct_size = sizeof made;
    made.on_open = &open;
    made.on_bytes = &bytes;
    made.on_authenticated = &authenticated;
    made.on_timer = &timer;
    made.on_drain = &drain;
    made.on_close = &close;
    return made;
  }
};

class FakeEndpoint final : public Endpoint {
 public:
  FakeEndpoint(Shard& shard, const ConnectionMetrics& counted, FakeProtocol& speaks) : Endpoint(shard) {
    listener = std::make_shared<ListenerState>();
    listener->name = "test";
    protocol = &FakeProtocol::table();
    protocol_shard = &speaks;
    metrics = &counted;
  }
  void forget(Connection&) override { ++forgotten; }
  std::shared_ptr<Endpoint> sibling(std::uint32_t) override { return other.lock(); }
  bool admits(Connection&) override { return admitting; }
  bool short_of_memory() noexcept override { return memory_short; }
  void reidentified(Connection& connection) override { on_reidentified(connection); }

  std::weak_ptr<Endpoint> other;  // on another shard
  bool admitting = true;
  bool memory_short = false;
  std::function<void(Connection&)> on_reidentified = [](Connection&) {};
  int forgotten = 0;
};

inline ConnectionMetrics connection_metrics(Metrics& metrics) {
  const auto declare = [&](const char* name) { return metrics.declare(MetricType::counter, name, "", ""); };
  return {declare("open"),
          declare("opened"),
          declare("refused"),
          declare("refused_by_process"),
          declare("descriptors"),
          declare("memory"),
          declare("address"),
          declare("received"),
          declare("bytes_sent"),
          declare("reads_paused"),
          declare("reads_held"),
          declare("unrecognised"),
          declare("handshake_timeouts")};
}

/// Shards, each with an endpoint and its protocol.
class ConnectionBench {
 public:
  explicit ConnectionBench(std::uint32_t count = 1) : shards(count), metrics(connection_metrics(shards.metrics)) {
    for (std::uint32_t i = 0; i < count; ++i) {
      protocols.push_back(std::make_unique<FakeProtocol>());
      endpoints.push_back(std::make_shared<FakeEndpoint>(*shards[i], metrics, *protocols[i]));
      endpoints.back()->homes = &homes;
    }
    if (count == 1) return;
    endpoints[0]->other = endpoints[1];
    endpoints[1]->other = endpoints[0];
    endpoints[0]->listener = std::make_shared<ListenerState>(count);
    endpoints[1]->listener = endpoints[0]->listener;
  }
  ~ConnectionBench() {
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      shards[i].call([&] { endpoints[i]->for_each([](Connection& c) { c.close_now(TRELLIS_CLOSE_SHUTDOWN); }); });
      shards[i].turn();
    }
    shards.stop();
  }

  /// Opens a connection on shard 0; buffer_bytes bounds what the socket takes.
  Peer connect(int buffer_bytes = 0) {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
    if (buffer_bytes > 0) ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &buffer_bytes, sizeof buffer_bytes);
    shards[0].call([&] {
      endpoints[0]->listener->own.enter();
      endpoints[0]->listener->all->enter();
      endpoints[0]->listener->load.add(0);
      Connection::open(endpoints[0], ends[0], 0);
    });
    return Peer(ends[1]);
  }
  FakeProtocol& protocol(std::size_t shard = 0) { return *protocols[shard]; }
  Connection& connection() { return *protocols[0]->connection; }
  bool until(const std::function<bool()>& condition, std::size_t shard = 0) { return shards[shard].until(condition); }
  template <typename Function>
  auto call(Function function) {
    return shards[0].call(std::move(function));
  }
  std::string input() {
    return call([this] { return protocol().input; });
  }
  bool receives(std::size_t size) {
    return until([this, size] { return protocol().input.size() >= size; });
  }
  std::int64_t read(MetricId id) const { return shards.metrics.read(id); }

  Homes homes;
  ShardSet shards;
  ConnectionMetrics metrics;
  std::vector<std::unique_ptr<FakeProtocol>> protocols;
  std::vector<std::shared_ptr<FakeEndpoint>> endpoints;
};

}  // namespace trellis::connections::testing

namespace trellis::kernel::testing {
using namespace trellis::connections::testing;
}  // namespace trellis::kernel::testing

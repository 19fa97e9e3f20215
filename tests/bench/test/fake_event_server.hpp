// A server of events for tests of the generator: one topic, one subscription, everything in memory, and faults on
// request.
#pragma once

#include <json/value.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <thread>

namespace trellis::bench {

/// What the server does wrong, to every kEvery-th event.
enum class Wrong { nothing, loses, repeats, repeats_openly, loses_tokens };

/// Runs on a thread of its own until it goes. Written for the tests alone: it trusts its client.
class FakeEventServer {
 public:
  static constexpr std::uint64_t kEvery = 50;

  // key: the one that opens it. chunked: answers have no length but chunks.
  explicit FakeEventServer(Wrong wrong, std::string key = "key", bool chunked = false);
  ~FakeEventServer();
  FakeEventServer(const FakeEventServer&) = delete;
  FakeEventServer& operator=(const FakeEventServer&) = delete;

  std::uint16_t port() const { return port_; }
  // How many receives waited for events at the same time, at most.
  std::size_t most_waiting() const { return most_waiting_; }

 private:
  struct Connection {
    int fd;
    std::string in;
  };
  struct Queued {
    Json::Value event;
    int delivery_count;
  };

  void serve();
  bool read(Connection& connection);
  void handle(int fd, const std::string& head, const std::string& body);
  void publish(const std::string& head, const std::string& body);
  void receive(int fd);
  Json::Value acknowledge(const std::string& body);
  void answer(int fd, int status, const std::string& body) const;

  const Wrong wrong_;
  const std::string key_;
  const bool chunked_;
  int listener_ = -1;
  int wake_ = -1;
  std::uint16_t port_ = 0;
  std::list<Connection> connections_;
  std::deque<Queued> queue_;
  std::deque<int> waiting_;
  std::map<std::string, Queued> leased_;
  std::uint64_t published_ = 0;
  std::uint64_t settled_ = 0;
  std::uint64_t leases_ = 0;
  std::atomic<std::size_t> most_waiting_ = 0;
  std::thread thread_;
};

}  // namespace trellis::bench

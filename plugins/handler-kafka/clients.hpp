// The clients of all clusters, and the thread that works for them.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <trellis/host.hpp>
#include <vector>

#include "client.hpp"
#include "metrics.hpp"
#include "settings.hpp"
#include "target.hpp"

namespace kafka {

class Clients;

/// That a destination needs a client. The client ends, once what it has under way is done, when nobody needs it.
class Lease {
 public:
  Lease() = default;
  Lease(Clients& clients, std::shared_ptr<Client> client) : clients_(&clients), client_(std::move(client)) {}
  Lease(Lease&& other) noexcept = default;
  Lease& operator=(Lease&& other) noexcept;
  ~Lease();

  explicit operator bool() const noexcept { return client_ != nullptr; }
  Client* operator->() const noexcept { return client_.get(); }

 private:
  Clients* clients_ = nullptr;
  std::shared_ptr<Client> client_;
};

class Clients {
 public:
  ~Clients() { stop(); }

  trellis::Result<void> start(const trellis::Host& host, const Settings& settings, const Metrics& metrics);
  /// Returns when every event has its verdict and every client is gone, which takes flush_timeout and a little at most.
  void stop() noexcept;
  /// From now on the thread ends with the last destination, once everything of theirs is settled.
  void drain() noexcept;
  /// Of each destination. [any]
  void opened() noexcept;
  void closed() noexcept;

  /// That of the target's cluster and identity, new where there is none; nothing where there are too many, or where the
  /// thread has ended or is about to. [any]
  Lease lease(const std::shared_ptr<const Target>& target);

 private:
  friend class Lease;
  using Clock = Client::Clock;
  struct Entry {
    std::shared_ptr<Client> client;
    std::size_t users = 0;
  };

  void let_go(const Client& client) noexcept;
  void run();
  bool is_over() const noexcept;
  std::vector<std::shared_ptr<Client>> all();
  void forget(const std::vector<std::shared_ptr<Client>>& over);
  void wake() const noexcept;
  void wait(bool soon) const noexcept;

  trellis::Host host_;
  const Settings* settings_ = nullptr;
  const Metrics* metrics_ = nullptr;
  int wake_fd_ = -1;
  std::thread thread_;

  std::mutex mutex_;
  bool stopping_ = true;   // guarded by mutex_, as all below
  bool draining_ = false;  // and the thread, once nobody needs it
  bool ended_ = false;     // the thread
  std::size_t destinations_ = 0;
  std::map<std::string, Entry> used_;             // by identity
  std::vector<std::shared_ptr<Client>> retired_;  // that are not over yet
};

}  // namespace kafka

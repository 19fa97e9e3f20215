#include "clients.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace kafka {

Lease& Lease::operator=(Lease&& other) noexcept {
  if (this == &other) return *this;
  if (client_ != nullptr) clients_->let_go(*client_);
  clients_ = other.clients_;
  client_ = std::move(other.client_);
  return *this;
}

Lease::~Lease() {
  if (client_ != nullptr) clients_->let_go(*client_);
}

trellis::Result<void> Clients::start(const trellis::Host& host, const Settings& settings, const Metrics& metrics) {
  host_ = host;
  settings_ = &settings;
  metrics_ = &metrics;
  wake_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd_ < 0) return trellis::fail("the system has no eventfd left");
  stopping_ = false;
  thread_ = std::thread([this] { run(); });
  return trellis::ok();
}

void Clients::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (!stopping_) {
      stopping_ = true;
      const auto until = Clock::now() + settings_->flush_timeout;
      for (auto& [identity, entry] : used_) {
        entry.client->retire(until);
        retired_.push_back(std::move(entry.client));
      }
      used_.clear();
    }
  }
  if (!thread_.joinable()) return;
  wake();
  thread_.join();
  ::close(std::exchange(wake_fd_, -1));
}

void Clients::drain() noexcept {
  const std::lock_guard lock(mutex_);
  draining_ = true;
  if (!stopping_) wake();
}

void Clients::opened() noexcept {
  const std::lock_guard lock(mutex_);
  ++destinations_;
}

// Within the lock, as in drain(): who stops the plugin closes the descriptor afterwards.
void Clients::closed() noexcept {
  const std::lock_guard lock(mutex_);
  --destinations_;
  if (draining_ && !stopping_) wake();
}

Lease Clients::lease(const std::shared_ptr<const Target>& target) {
  const std::string identity = target->client.identity();
  const std::lock_guard lock(mutex_);
  if (stopping_ || ended_) return {};
  if (const auto found = used_.find(identity); found != used_.end()) {
    ++found->second.users;
    return {*this, found->second.client};
  }
  if (used_.size() + retired_.size() >= settings_->clients) return {};
  auto client = std::make_shared<Client>(host_, *settings_, *metrics_, target, wake_fd_);
  used_.emplace(identity, Entry{client, 1});
  return {*this, std::move(client)};
}

void Clients::let_go(const Client& client) noexcept {
  {
    const std::lock_guard lock(mutex_);
    const auto found =
        std::find_if(used_.begin(), used_.end(), [&](const auto& one) { return one.second.client.get() == &client; });
    if (found == used_.end() || --found->second.users > 0) return;
    found->second.client->retire(Clock::now() + settings_->flush_timeout);
    retired_.push_back(std::move(found->second.client));
    used_.erase(found);
  }
  wake();
}

void Clients::run() {
  while (true) {
    bool soon = false;
    std::vector<std::shared_ptr<Client>> over;
    for (const auto& client : all()) {
      client->work(Clock::now());
      if (client->over()) over.push_back(client);
      soon = soon || client->waits();
    }
    forget(over);
    {
      const std::lock_guard lock(mutex_);
      ended_ = is_over();
      if (ended_) return;
    }
    wait(soon);
  }
}

/// With the mutex held.
bool Clients::is_over() const noexcept {
  const bool unneeded = draining_ && destinations_ == 0 && used_.empty();
  return (stopping_ || unneeded) && retired_.empty();
}

std::vector<std::shared_ptr<Client>> Clients::all() {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Client>> out = retired_;
  for (const auto& [identity, entry] : used_) out.push_back(entry.client);
  return out;
}

void Clients::forget(const std::vector<std::shared_ptr<Client>>& over) {
  if (over.empty()) return;
  const std::lock_guard lock(mutex_);
  std::erase_if(retired_, [&](const auto& one) { return std::find(over.begin(), over.end(), one) != over.end(); });
}

void Clients::wake() const noexcept {
  const std::uint64_t one = 1;
  (void)!::write(wake_fd_, &one, sizeof one);
}

void Clients::wait(bool soon) const noexcept {
  pollfd waited{wake_fd_, POLLIN, 0};
  ::poll(&waited, 1, soon ? 20 : 1000);
  std::uint64_t count = 0;
  (void)!::read(wake_fd_, &count, sizeof count);
}

}  // namespace kafka

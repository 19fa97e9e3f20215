#include "client_pool.hpp"

#include <algorithm>
#include <utility>

namespace trellis::http {

using std::chrono::milliseconds;

ClientPool::ClientPool(const Shard& shard, ClientSettings settings, const ClientMetrics& metrics)
    : shard_(shard),
      settings_(std::move(settings)),
      metrics_(metrics),
      dials_(shard.host().table<trellis_host_dial>() != nullptr) {}

// ---- calls

std::uint64_t ClientPool::send(ClientRequest request, ClientCallback callback) {
  const std::uint64_t number = ++last_number_;
  const milliseconds ends_at = shard_.now() + request.deadline;
  auto made = std::make_unique<ClientCall>(ClientCall{number, std::move(request), std::move(callback), {}, ends_at});
  ClientCall& call = *made;
  calls_.emplace(number, std::move(made));
  metrics_.requests.add(shard_);
  if (const auto wrong = call.check()) {
    refuse(call, Failure::request, *wrong);
  } else if (stopped_) {
    refuse(call, Failure::stopped, "the plugin stops");
  } else if (!dials_) {
    refuse(call, Failure::settings, "this broker makes no connections");
  } else {
    ClientHost& host = host_of(call);
    const bool started = host.waiting.empty() && start(host, call);
    const bool room =
        waiting_ < settings_.waiting && waiting_bytes_ + call.request.body.size() <= settings_.waiting_bytes;
    if (!started && !room) {
      metrics_.refused.add(shard_);
      refuse(call, Failure::full, std::to_string(waiting_) + " requests wait for a connection already");
      unused_ = true;
      return number;
    }
    if (!started) wait(host, call, false);
    call.deadline = shard_.after(call.request.deadline, [this, number] { overdue(number); });
  }
  return number;
}

bool ClientPool::cancel(std::uint64_t number) {
  const auto found = calls_.find(number);
  if (found == calls_.end()) return false;
  abandon(*found->second);
  calls_.erase(number);
  settle();
  return true;
}

void ClientPool::shut() {
  stopped_ = true;
  const auto calls = std::exchange(calls_, {});
  for (const auto& [number, call] : calls) abandon(*call);
  for (auto& [key, host] : hosts_) {
    while (drop_idle(host)) {
    }
  }
  hosts_.clear();
}

void ClientPool::refuse(ClientCall& call, Failure failure, std::string_view what) {
  refused_.emplace_back(call.number, call.error(failure, what));
  later();
}

void ClientPool::overdue(std::uint64_t number) {
  ClientCall& call = *calls_.at(number);
  std::string_view phase = "while waiting for a free connection";
  if (const ClientConnection* connection = call.connection; connection != nullptr) {
    phase = !connection->open()        ? "while connecting"
            : connection->unsent() > 0 ? "while sending"
            : !connection->answering() ? "while waiting for the answer"
                                       : "while reading the answer";
  }
  const std::string limit = std::to_string(call.request.deadline.count());
  ClientError error = call.error(Failure::timeout, "timed out after " + limit + " ms " + std::string(phase));
  abandon(call);
  settle();
  finish(call, std::move(error));
}

// Takes the call off what it is on. A connection that carried half of it is of no use to others.
void ClientPool::abandon(ClientCall& call) {
  ClientConnection* const connection = std::exchange(call.connection, nullptr);
  if (connection != nullptr) {
    forget(*connection);
    return connection->let_go();
  }
  const auto host = hosts_.find(call.host_key);
  if (host != hosts_.end()) stop_waiting(host->second, call);
}

void ClientPool::finish(ClientCall& call, ClientResult result) {
  if (!result) metrics_.failures.add(shard_);
  const auto node = calls_.extract(call.number);
  const ClientCallback callback = std::move(node.mapped()->callback);
  if (callback) callback(std::move(result));
}

// ---- hosts

ClientHost& ClientPool::host_of(ClientCall& call) {
  const ClientRequest& request = call.request;
  call.host_key = request.url.origin() + " " + request.layer;
  const auto [host, made] = hosts_.try_emplace(call.host_key);
  if (made) {
    host->second.url = request.url;
    host->second.layer = request.layer;
  }
  return host->second;
}

// Finds a connection for the call, or dials one where the limits allow that.
bool ClientPool::start(ClientHost& host, ClientCall& call) {
  if (!call.repeated && !host.idle.empty()) {
    ClientConnection* const connection = host.idle.back();
    host.idle.pop_back();
    connection->carry(call);
    return true;
  }
  if (host.open >= settings_.connections_per_host && !drop_idle(host)) return false;
  if (open_ >= settings_.connections && !drop_oldest_idle()) return false;
  ++host.open;
  ++open_;
  metrics_.dialled.add(shard_);
  metrics_.connections.add(shard_);
  auto connection = std::make_unique<ClientConnection>(*this, host);
  connection->carry(call);
  const milliseconds left = std::max(call.ends_at - shard_.now(), milliseconds(1));
  dial(shard_,
       {.host = host.url.host,
        .port = host.url.port,
        .secure = host.url.secure,
        .layer = host.layer,
        .timeout = std::min(left, settings_.connect_timeout)},
       std::move(connection));
  return true;
}

bool ClientPool::drop_idle(ClientHost& host) {
  if (host.idle.empty()) return false;
  ClientConnection& oldest = *host.idle.front();
  forget(oldest);
  oldest.let_go();
  return true;
}

bool ClientPool::drop_oldest_idle() {
  ClientHost* found = nullptr;
  for (auto& [key, host] : hosts_) {
    if (host.idle.empty()) continue;
    const bool older = found == nullptr || host.idle.front()->resting_since() < found->idle.front()->resting_since();
    if (older) found = &host;
  }
  return found != nullptr && drop_idle(*found);
}

void ClientPool::forget(ClientConnection& connection) {
  ClientHost& host = connection.host();
  std::erase(host.idle, &connection);
  --host.open;
  --open_;
  metrics_.connections.add(shard_, -1);
  unused_ = true;
}

void ClientPool::wait(ClientHost& host, ClientCall& call, bool first) {
  first ? host.waiting.push_front(&call) : host.waiting.push_back(&call);
  ++waiting_;
  waiting_bytes_ += call.request.body.size();
  metrics_.waiting.add(shard_);
}

void ClientPool::stop_waiting(ClientHost& host, ClientCall& call) {
  if (std::erase(host.waiting, &call) == 0) return;
  --waiting_;
  waiting_bytes_ -= call.request.body.size();
  metrics_.waiting.add(shard_, -1);
  unused_ = true;
}

// Starts what can be started. Hosts take turns, so that a busy one cannot keep all connections to itself.
void ClientPool::pump() {
  bool started = true;
  while (started && waiting_ > 0) {
    started = false;
    std::string at = turn_;
    for (std::size_t i = hosts_.size(); i > 0; --i) {
      auto host = hosts_.upper_bound(at);
      if (host == hosts_.end()) host = hosts_.begin();
      at = host->first;
      if (host->second.waiting.empty()) continue;
      ClientCall& call = *host->second.waiting.front();
      if (!start(host->second, call)) continue;
      stop_waiting(host->second, call);
      turn_ = at;
      started = true;
    }
  }
}

void ClientPool::settle() {
  if (!stopped_) pump();
  if (!std::exchange(unused_, false)) return;
  std::erase_if(hosts_, [](const auto& host) { return host.second.open == 0 && host.second.waiting.empty(); });
}

// ---- what is done outside the call that found it necessary

void ClientPool::later() {
  if (posted_) return;
  posted_ = shard_.host().post(shard_.index(), [weak = weak_from_this()] {
    if (const auto pool = weak.lock()) pool->run_later();
  });
}

void ClientPool::run_later() {
  posted_ = false;
  auto refused = std::exchange(refused_, {});
  for (auto& [number, error] : refused) {
    const auto found = calls_.find(number);
    if (found != calls_.end()) finish(*found->second, std::move(error));
  }
  settle();
  if (stopped_) fail_waiting();
}

void ClientPool::fail_waiting() {
  std::vector<std::uint64_t> numbers;
  for (const auto& [key, host] : hosts_) {
    for (const ClientCall* call : host.waiting) numbers.push_back(call->number);
  }
  for (const std::uint64_t number : numbers) {
    const auto found = calls_.find(number);
    if (found == calls_.end()) continue;
    abandon(*found->second);
    finish(*found->second, found->second->error(Failure::stopped, "the plugin stops"));
  }
}

}  // namespace trellis::http

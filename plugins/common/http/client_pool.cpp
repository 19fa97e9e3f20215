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
    const bool started = host.waiting.empty() && start(host, call) == Start::done;
    if (!started && !has_room(host, call)) {
      metrics_.refused.add(shard_);
      refuse(call, Failure::full,
             host.waiting.size() >= settings_.waiting_per_host
                 ? std::to_string(host.waiting.size()) + " requests wait for a connection to it already"
                 : std::to_string(waiting_) + " requests wait for a connection already");
      unused_.push_back(call.host_key);
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
  turns_.clear();
  no_turns_.clear();
  ill_.clear();
  hosts_.clear();
}

void ClientPool::refuse(ClientCall& call, Failure failure, std::string_view what) {
  refused_.emplace_back(call.number, call.error(failure, what));
  later();
}

void ClientPool::overdue(std::uint64_t number) {
  ClientCall& call = *calls_.at(number);
  std::string_view phase = "while waiting for a free connection";
  ClientResponse so_far;
  if (ClientConnection* const connection = call.connection; connection != nullptr) {
    connection->host().earned = 1;
    phase = connection->phase(call);
    so_far = connection->take_so_far(call);
  }
  const std::string limit = std::to_string(call.request.deadline.count());
  ClientError error = call.error(Failure::timeout, "timed out after " + limit + " ms " + std::string(phase));
  ClientResult result = call.judge(std::move(error), std::move(so_far));
  abandon(call);
  settle();
  finish(call, std::move(result));
}

// Takes the call off what it is on.
void ClientPool::abandon(ClientCall& call) {
  if (ClientConnection* const connection = take_off(call)) {
    if (connection->dialling()) {
      forget(*connection);
      return connection->let_go();
    }
    connection->give_up(call);
    return look_at(*connection);
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
    host->second.http2 = settings_.http2 && request.url.secure;
  }
  return host->second;
}

bool ClientPool::has_room(const ClientHost& host, const ClientCall& call) const {
  return waiting_ < settings_.waiting && host.waiting.size() < settings_.waiting_per_host &&
         waiting_bytes_ + call.request.body.size() <= settings_.waiting_bytes;
}

// Its calls may find a connection now: also those of an ill one that waited for others to have room, if it is its own.
void ClientPool::give_turn(ClientHost& host) {
  if (host.waiting.empty()) return;
  if (std::exchange(host.has_turn, true) && std::erase(no_turns_, &host) == 0) return;
  turns_.push_back(&host);
}

// For a minute others do not have to make room for it.
void ClientPool::fell_ill(ClientHost& host) {
  static constexpr milliseconds kIll{60'000};
  got_well(host);
  host.ill_until = shard_.now() + kIll;
  ill_.emplace(host.ill_until, &host);
}

void ClientPool::got_well(ClientHost& host) {
  if (host.ill_until.count() > 0) ill_.erase({std::exchange(host.ill_until, milliseconds{}), &host});
}

void ClientPool::wait(ClientHost& host, ClientCall& call, bool first) {
  first ? host.waiting.push_front(&call) : host.waiting.push_back(&call);
  ++waiting_;
  waiting_bytes_ += call.request.body.size();
  metrics_.waiting.add(shard_);
  give_turn(host);
}

void ClientPool::stop_waiting(ClientHost& host, ClientCall& call) {
  if (!host.waiting.empty() && host.waiting.front() == &call) {
    host.waiting.pop_front();
  } else if (std::erase(host.waiting, &call) == 0) {
    return;
  }
  --waiting_;
  waiting_bytes_ -= call.request.body.size();
  metrics_.waiting.add(shard_, -1);
  if (host.open == 0 && host.waiting.empty()) unused_.push_back(call.host_key);
}

// Starts what can be started. Hosts take turns, so that a busy one cannot keep all connections to itself. Only those
// are looked at whose turn it may be.
void ClientPool::pump() {
  while (!turns_.empty()) {
    ClientHost& host = *turns_.front();
    turns_.pop_front();
    host.has_turn = false;
    if (!host.waiting.empty() && !take_turn(host)) return;
  }
}

// False where nobody finds a connection any more.
bool ClientPool::take_turn(ClientHost& host) {
  ClientCall& call = *host.waiting.front();
  const Start result = start(host, call);
  if (result == Start::done) {
    stop_waiting(host, call);
    give_turn(host);
  }
  if (result != Start::all_are_busy) return true;  // a busy one has another turn when it has a connection to spare
  host.has_turn = true;
  if (host.ill_until > shard_.now()) {
    no_turns_.push_back(&host);
    return true;
  }
  turns_.push_front(&host);
  return false;
}

void ClientPool::settle() {
  while (!ill_.empty() && ill_.begin()->first <= shard_.now()) {
    ClientHost& host = *ill_.begin()->second;
    got_well(host);
    unused_.push_back(host.url.origin() + " " + host.layer);
    for (ClientHost* const one : std::exchange(no_turns_, {})) turns_.push_back(one);
  }
  if (!stopped_) pump();
  for (const std::string& key : std::exchange(unused_, {})) erase_if_unused(key);
}

void ClientPool::erase_if_unused(const std::string& key) {
  const auto found = hosts_.find(key);
  if (found == hosts_.end()) return;
  ClientHost& host = found->second;
  const bool used = host.open > 0 || !host.waiting.empty() || host.ill_until.count() > 0;
  if (used) return;
  if (host.has_turn) {
    std::erase(turns_, &host);
    std::erase(no_turns_, &host);
  }
  hosts_.erase(found);
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

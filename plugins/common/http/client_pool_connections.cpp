// Which connection carries what: those with room, those being dialled, those that rest, those that make room.
#include <algorithm>
#include <utility>

#include "client_pool.hpp"

namespace trellis::http {

using std::chrono::milliseconds;

// The one that was used last: those that are not needed come to their end.
ClientConnection* ClientPool::ready_for(ClientHost& host, const ClientCall& call) const {
  for (auto one = host.ready.rbegin(); one != host.ready.rend(); ++one) {
    if ((*one)->serial() > call.repeated_after) return *one;
  }
  return nullptr;
}

// Finds a connection for the call, or dials one where the limits allow that.
ClientPool::Start ClientPool::start(ClientHost& host, ClientCall& call) {
  if (ClientConnection* const connection = ready_for(host, call)) {
    carry(*connection, call);
    return Start::done;
  }
  const bool alone = host.http2 && host.version != Version::http1;
  if (host.dialling >= (alone ? 1 : settings_.dialling_per_host)) return Start::host_is_busy;
  const std::size_t most = settings_.earned_connections
                               ? std::min(host.earned + host.retired, settings_.connections_per_host)
                               : settings_.connections_per_host;
  if (host.open >= most && !drop_idle(host)) return Start::host_is_busy;
  const bool ill = host.ill_until > shard_.now();
  if (open_ >= settings_.connections && (ill || !drop_oldest_idle())) return Start::all_are_busy;
  ++host.open;
  ++host.dialling;
  ++open_;
  metrics_.dialled.add(shard_);
  metrics_.connections.add(shard_);
  auto connection = std::make_unique<ClientConnection>(*this, host, ++dialled_);
  connection->carry(call);
  const milliseconds left = std::max(call.ends_at - shard_.now(), milliseconds(1));
  dial(shard_,
       {.host = host.url.host,
        .port = host.url.port,
        .secure = host.url.secure,
        .layer = host.layer,
        .timeout = std::min(left, settings_.connect_timeout),
        .alpn = host.http2 ? "h2,http/1.1" : "http/1.1"},
       std::move(connection));
  return Start::done;
}

bool ClientPool::drop_idle(ClientHost& host) {
  const auto oldest = std::ranges::find_if(host.ready, [](const ClientConnection* one) { return one->idle(); });
  if (oldest == host.ready.end()) return false;
  ClientConnection& connection = **oldest;
  forget(connection);
  connection.let_go();
  return true;
}

bool ClientPool::drop_oldest_idle() {
  if (resting_.empty()) return false;
  ClientConnection& oldest = *resting_.begin()->second;
  forget(oldest);
  oldest.let_go();
  return true;
}

void ClientPool::carry(ClientConnection& connection, ClientCall& call) {
  if (connection.rest_number() != 0) resting_.erase(connection.rest_number());
  connection.carry(call);
  if (connection.version() == Version::http2) metrics_.streams.add(shard_);
  set_ready(connection, connection.room() > 0);
}

ClientConnection* ClientPool::take_off(ClientCall& call) {
  ClientConnection* const connection = std::exchange(call.connection, nullptr);
  if (connection != nullptr && connection->version() == Version::http2) metrics_.streams.add(shard_, -1);
  return connection;
}

// Whether the connection takes another call, rests, or is of no more use.
void ClientPool::look_at(ClientConnection& connection) {
  const bool idle = connection.idle();
  if (idle && (stopped_ || connection.rest_time().count() == 0)) {
    forget(connection);
    return connection.let_go();
  }
  if (idle && connection.rest_number() == 0) {
    connection.rest(connection.rest_time(), ++rests_);
    resting_.emplace(rests_, &connection);
  }
  const bool started = connection.starting && connection.started();
  if (started) {
    connection.starting = false;
    --connection.host().dialling;
  }
  set_ready(connection, connection.room() > 0);
  if (started || connection.ready) give_turn(connection.host());
}

void ClientPool::set_ready(ClientConnection& connection, bool ready) {
  std::vector<ClientConnection*>& all = connection.host().ready;
  if (std::exchange(connection.ready, ready) == ready) return;
  if (ready) {
    all.push_back(&connection);
  } else if (all.back() == &connection) {
    all.pop_back();
  } else {
    std::erase(all, &connection);
  }
}

const Metric& ClientPool::metric_of(Version version) const {
  return version == Version::http2 ? metrics_.http2 : metrics_.http1;
}

void ClientPool::forget(ClientConnection& connection) {
  ClientHost& host = connection.host();
  if (connection.rest_number() != 0) resting_.erase(connection.rest_number());
  set_ready(connection, false);
  if (connection.starting) --host.dialling;
  if (!connection.dialling()) metric_of(connection.version()).add(shard_, -1);
  if (connection.retired) --host.retired;
  --host.open;
  --open_;
  metrics_.connections.add(shard_, -1);
  if (host.open == 0) unused_.push_back(host.url.origin() + " " + host.layer);
  give_turn(host);
  for (ClientHost* const one : std::exchange(no_turns_, {})) turns_.push_back(one);  // there is room now
}

}  // namespace trellis::http

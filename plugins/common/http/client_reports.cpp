// What connections report to the pool, and what becomes of the call they carry.
#include <algorithm>
#include <functional>
#include <utility>

#include "client_pool.hpp"

namespace trellis::http {
namespace {

struct Said {
  Failure failure;
  std::string_view what;
};

Said said(std::uint32_t reason) {
  switch (reason) {
    case TRELLIS_DIAL_NAME:
      return {Failure::name, "cannot resolve the name: "};
    case TRELLIS_DIAL_FORBIDDEN:
      return {Failure::forbidden, "may not connect: "};
    case TRELLIS_DIAL_LAYER:
      return {Failure::layer, "cannot connect: "};
    case TRELLIS_DIAL_TIMEOUT:
      return {Failure::timeout, "timed out while connecting: "};
    case TRELLIS_DIAL_LIMIT:
      return {Failure::full, "cannot connect: "};
    case TRELLIS_DIAL_SETTINGS:
      return {Failure::settings, "cannot connect: "};
    case TRELLIS_DIAL_STOPPED:
      return {Failure::stopped, "cannot connect: "};
    default:
      return {Failure::connect, "cannot connect: "};
  }
}

}  // namespace

void ClientPool::answered(ClientConnection& connection, ClientCall& call, ClientResponse response) {
  take_off(call);
  connection.count_answer();
  ClientHost& host = connection.host();
  if (host.earned < settings_.connections_per_host) ++host.earned;
  look_at(connection);
  const bool redirect = call.request.follow_redirects > 0 && is_redirect(response.status);
  if (!redirect || response.header("location").empty()) {
    settle();
    return finish(call, std::move(response));
  }
  auto error = follow(call, response.status, response.header("location"));
  if (!error) wait(host_of(call), call, true);
  settle();
  if (error) finish(call, std::move(*error));
}

void ClientPool::opened(ClientConnection& connection) {
  ClientHost& host = connection.host();
  host.version = connection.version();
  metric_of(host.version).add(shard_);
  if (host.version == Version::http2 && !connection.idle()) metrics_.streams.add(shard_);
  got_well(host);
  look_at(connection);
  if (!turns_.empty()) later();
}

void ClientPool::misunderstood(ClientCall& call, const ParseError& error, ClientResponse so_far) {
  const Failure failure = error.too_large() ? Failure::too_large : Failure::malformed;
  ClientError known = call.error(failure, "the answer cannot be taken: " + std::string(error.message));
  ClientResult result = call.judge(std::move(known), std::move(so_far));
  abandon(call);
  settle();
  finish(call, std::move(result));
}

void ClientPool::failed(ClientCall& call, std::string_view what, ClientResponse so_far) {
  ClientResult result = call.judge(call.error(Failure::closed, what), std::move(so_far));
  abandon(call);
  settle();
  finish(call, std::move(result));
}

// What the server did not begin with does no harm when it comes again. How often is bounded, so that two who do not
// understand each other come to an end.
void ClientPool::returned(ClientCall& call, std::string_view why) {
  static constexpr std::uint32_t kMost = 3;
  abandon(call);
  if (call.returned < kMost && !stopped_) {
    ++call.returned;
    metrics_.repeated.add(shard_);
    wait(hosts_.at(call.host_key), call, true);
    return settle();
  }
  settle();
  call.sent = false;
  finish(call, call.error(stopped_ ? Failure::stopped : Failure::full, why));
}

void ClientPool::changed(ClientConnection& connection) {
  look_at(connection);
  settle();
}

// It counts no more among those that are earned, so that another one may take its place.
void ClientPool::retired(ClientConnection& connection) {
  ClientHost& host = connection.host();
  if (!std::exchange(connection.retired, true)) ++host.retired;
  give_turn(host);
  changed(connection);
}

void ClientPool::without_http2(ClientHost& host) {
  host.http2 = false;
  host.version = Version::unknown;
}

void ClientPool::spoiled(ClientConnection& connection) {
  forget(connection);
  connection.let_go();
  settle();
}

void ClientPool::broken(ClientConnection& connection, Failure failure, std::string_view why) {
  forget(connection);
  lose(
      connection, [&](const ClientCall& call) { return call.error(failure, why); }, failure == Failure::closed);
}

void ClientPool::ended(ClientConnection& connection, std::uint32_t reason, std::string_view why) {
  stopped_ = stopped_ || reason == TRELLIS_DIAL_STOPPED || connection.close_reason() == TRELLIS_CLOSE_SHUTDOWN;
  forget(connection);
  if (reason != 0) connection.host().earned = 1;
  if (reason != 0 && !stopped_) fell_ill(connection.host());
  const Said how = reason != 0 ? said(reason) : Said{Failure::closed, "the connection ended "};
  const auto error = [&](const ClientCall& call) {
    std::string what(how.what);
    if (reason == 0) what += connection.answering(call) ? "within the answer: " : "before the answer: ";
    return call.error(stopped_ ? Failure::stopped : how.failure, what.append(why));
  };
  lose(connection, error, reason == 0);
}

// What becomes of the calls of a connection that is no more.
void ClientPool::lose(ClientConnection& connection, const std::function<ClientError(const ClientCall&)>& error,
                      bool repeats) {
  const auto self = shared_from_this();  // what is called back may destroy the client
  std::vector<ClientCall*> calls = connection.calls();
  std::ranges::sort(calls, std::greater(), &ClientCall::number);
  std::vector<std::pair<std::uint64_t, ClientResult>> lost;
  for (ClientCall* const call : calls) {
    take_off(*call);
    const bool again =
        repeats && call->over_kept && !connection.answering(*call) && !stopped_ && call->may_be_repeated();
    if (!again) {
      lost.emplace_back(call->number, call->judge(error(*call), connection.take_so_far(*call)));
      continue;
    }
    call->repeated_after = dialled_;
    metrics_.repeated.add(shard_);
    wait(hosts_.at(call->host_key), *call, true);
  }
  connection.let_go();
  if (waiting_ > 0) later();  // nothing is dialled from here, where the broker may be about to stop
  for (auto one = lost.rbegin(); one != lost.rend(); ++one) {
    const auto found = calls_.find(one->first);
    if (found != calls_.end()) finish(*found->second, std::move(one->second));
  }
}

}  // namespace trellis::http

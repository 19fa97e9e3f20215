// What connections report to the pool, and what becomes of the call they carry.
#include <algorithm>
#include <charconv>
#include <utility>

#include "characters.hpp"
#include "client_pool.hpp"

namespace trellis::http {
namespace {

using std::chrono::milliseconds;

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

ClientResponse taken(ResponseParser& parser, const ClientCall& call) {
  const ReceivedResponse& from = parser.response();
  ClientResponse response;
  response.status = from.status;
  response.reason = from.reason;
  response.headers.reserve(from.headers.size());
  for (const Header& header : from.headers) response.headers.emplace_back(header.name, header.value);
  response.body = parser.take_body();
  response.url = call.request.url;
  return response;
}

}  // namespace

// A server that says how long it keeps a connection is believed, less a second for what is on its way then.
milliseconds ClientPool::rest_time(const ReceivedResponse& response) const {
  static constexpr std::string_view kName = "timeout=";
  milliseconds most = settings_.idle_timeout;
  each_list_element(response.header("keep-alive").value_or(""), [&](std::string_view element) {
    std::int64_t seconds = 0;
    if (!equals_ignoring_case(element.substr(0, kName.size()), kName)) return;
    const std::string_view digits = element.substr(kName.size());
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
    if (error != std::errc() || seconds < 0 || seconds > 3600) return;
    most = std::min(most, std::max(milliseconds((seconds - 1) * 1000), milliseconds(0)));
  });
  return most;
}

void ClientPool::answered(ClientConnection& connection, ResponseParser& parser, bool clean) {
  ClientCall& call = *connection.call();
  const milliseconds most = rest_time(parser.response());
  const bool keep = clean && !stopped_ && parser.response().keep_alive && most.count() > 0;
  ClientResponse response = taken(parser, call);
  call.connection = nullptr;
  ClientHost& host = connection.host();
  if (host.earned < settings_.connections_per_host) ++host.earned;
  if (keep) {
    connection.rest(most, ++rests_);
    host.idle.push_back(&connection);
    resting_.emplace(rests_, &connection);
    give_turn(host);
  } else {
    forget(connection);
    connection.let_go();
  }
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
  --host.dialling;
  got_well(host);
  give_turn(host);
  if (!turns_.empty()) later();
}

void ClientPool::misunderstood(ClientConnection& connection, ResponseParser& parser) {
  ClientCall& call = *connection.call();
  const bool large = parser.error().too_large();
  if (large && call.request.status_is_enough && parser.response().status >= 200) {
    ClientResponse response = taken(parser, call);
    response.body.clear();
    abandon(call);
    settle();
    return finish(call, std::move(response));
  }
  ClientError error = call.error(large ? Failure::too_large : Failure::malformed,
                                 "the answer cannot be taken: " + std::string(parser.error().message));
  abandon(call);
  settle();
  finish(call, std::move(error));
}

void ClientPool::spoiled(ClientConnection& connection) {
  forget(connection);
  connection.let_go();
  settle();
}

void ClientPool::ended(ClientConnection& connection, std::uint32_t reason, std::string_view why) {
  ClientCall* const call = connection.call();
  const bool may_repeat = reason == 0 && connection.kept() && !connection.answering();
  stopped_ = stopped_ || reason == TRELLIS_DIAL_STOPPED || connection.close_reason() == TRELLIS_CLOSE_SHUTDOWN;
  forget(connection);
  if (reason != 0) connection.host().earned = 1;
  if (reason != 0 && !stopped_) fell_ill(connection.host());
  const bool repeats = may_repeat && call != nullptr && !stopped_ && call->may_be_repeated();
  if (call != nullptr) call->connection = nullptr;
  if (repeats) {
    call->repeated = true;
    metrics_.repeated.add(shard_);
    wait(hosts_.at(call->host_key), *call, true);
  }
  if (waiting_ > 0) later();  // nothing is dialled from here, where the broker may be about to stop
  if (call == nullptr || repeats) return;
  const std::string_view when = connection.answering() ? "within the answer: " : "before the answer: ";
  const Said ended = reason != 0 ? said(reason) : Said{Failure::closed, "the connection ended "};
  std::string what(ended.what);
  if (reason == 0) what += when;
  finish(*call, call->error(stopped_ ? Failure::stopped : ended.failure, what.append(why)));
}

}  // namespace trellis::http

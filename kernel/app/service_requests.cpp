#include "app/service_requests.hpp"

#include <fmt/format.h>

#include "message/message.hpp"

namespace trellis::kernel {

struct ServiceRequests::Pending {
  struct Deadline final : Timer {
    explicit Deadline(Pending& owner) : Timer(&ServiceRequests::on_deadline), pending(owner) {}
    Pending& pending;
  };
  Pending(ServiceRequests& owner, trellis_token name, Connection& from, void* user)
      : home(owner), token(name), connection(from), request_user(user), deadline(*this) {}
  ServiceRequests& home;
  trellis_token token;
  Connection& connection;
  void* request_user;
  Deadline deadline;
};

ServiceRequests::ServiceRequests(Shard& shard, MetricId late) : shard_(shard), late_(late) {}

ServiceRequests::~ServiceRequests() = default;

void ServiceRequests::ask(Connection& connection, void* request_user, const trellis_service& service,
                          void* service_shard, const trellis_request& request) {
  const trellis_token token = (trellis_token{shard_.index()} << 56) | ++last_;
  auto pending = std::make_unique<Pending>(*this, token, connection, request_user);
  shard_.arm(pending->deadline, kDeadlineMs);
  pending_.emplace(token, std::move(pending));
  service.on_request(service_shard, &request, token);
}

bool ServiceRequests::respond(trellis_token token, const trellis_response& response, std::string_view plugin) {
  const auto found = pending_.find(token);
  if (found == pending_.end()) {
    count_late(plugin);
    return false;
  }
  Connection& connection = found->second->connection;
  void* const user = found->second->request_user;
  pending_.erase(found);
  const Endpoint& endpoint = connection.endpoint();
  endpoint.protocol->on_response(endpoint.protocol_shard, connection.user(), user, &response);
  return true;
}

// The client may have left meanwhile, which is nobody's fault, so this is no error.
void ServiceRequests::count_late(std::string_view plugin) {
  shard_.count(late_, 1);
  if (!late_log_.due(shard_.now_ms())) return;
  log::warn("app", "service answered too late, twice or after the client had gone, which is ignored",
            {{"service", plugin}, {"not_logged", std::to_string(late_log_.take_skipped())}});
}

void ServiceRequests::answer(Connection& connection, void* request_user, std::uint32_t status,
                             std::string_view message) {
  const std::string body = fmt::format(R"({{"error":{{"code":{},"message":"{}"}}}})", status, message);
  const trellis_pair headers[] = {{view_of("content-type"), view_of("application/json")}};
  trellis_response response{};
  response.struct_size = sizeof response;
  response.status = status;
  response.headers = headers;
  response.header_count = 1;
  response.body = view_of(body);
  const Endpoint& endpoint = connection.endpoint();
  endpoint.protocol->on_response(endpoint.protocol_shard, connection.user(), request_user, &response);
}

void ServiceRequests::abandon(Connection& connection) {
  boost::unordered::erase_if(pending_, [&](const auto& item) { return &item.second->connection == &connection; });
}

void ServiceRequests::on_deadline(Timer& timer) {
  Pending& pending = static_cast<Pending::Deadline&>(timer).pending;
  Connection& connection = pending.connection;
  void* const user = pending.request_user;
  pending.home.pending_.erase(pending.token);
  answer(connection, user, 503, "the service did not answer in time");
}

}  // namespace trellis::kernel

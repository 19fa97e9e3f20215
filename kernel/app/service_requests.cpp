#include "app/service_requests.hpp"

#include <trellis/keeping/message.hpp>

#include "names.hpp"

namespace trellis::kernel {

ServiceRequests::ServiceRequests(Shard& shard, MetricId late)
    : shard_(shard), late_(late), awaited_(shard, [&shard](Asked& asked) {
        shard.count(asked.timeouts, 1);
        answer(*asked.connection, asked.request_user, 503,
               R"({"error":{"code":"ServiceUnavailable","message":"the service did not answer in time"}})");
      }) {}

void ServiceRequests::ask(const Asked& asked, const trellis_service& service, void* service_shard,
                          const trellis_request& request) {
  service.on_request(service_shard, &request, awaited_.add(kDeadlineMs, asked));
}

bool ServiceRequests::respond(trellis_token token, const trellis_response& response, std::string_view plugin) {
  const auto asked = awaited_.take(token);
  if (!asked) {  // the client may have left meanwhile, which is nobody's fault, so this is no error
    shard_.count(late_, 1);
    log::seldom("app", log::Level::warn,
                "service answered too late, twice or after the client had gone, which is ignored",
                {{"service", plugin}});
    return false;
  }
  Connection& connection = *asked->connection;
  const Endpoint& endpoint = connection.endpoint();
  endpoint.protocol->on_response(endpoint.protocol_shard, connection.user(), asked->request_user, &response);
  return true;
}

void ServiceRequests::answer(Connection& connection, void* request_user, std::uint32_t status, std::string_view body) {
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
  awaited_.forget_if([&](const Asked& asked) { return asked.connection == &connection; });
}

}  // namespace trellis::kernel

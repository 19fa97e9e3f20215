// Requests on their way to services: which namespace they are for, and which service.

#include <algorithm>
#include <cstring>
#include <trellis/connections/layers.hpp>
#include <trellis/runtime/views.hpp>

#include "app/shard_context.hpp"
#include "names.hpp"

namespace trellis::kernel {
namespace {

bool below(std::string_view path, std::string_view mount) {
  if (mount == "/") return true;
  return path.starts_with(mount) && (path.size() == mount.size() || path[mount.size()] == '/');
}

const ListenerEndpoint::Mount* find_service(const ListenerEndpoint& endpoint, std::string_view path) {
  const ListenerEndpoint::Mount* best = nullptr;
  for (const auto& mount : endpoint.services) {
    if (below(path, mount.path) && (best == nullptr || mount.path.size() > best->path.size())) best = &mount;
  }
  return best;
}

// Where nothing is encrypted and no layer knew a host, the request's own decides; where one did, the client was judged
// by the rules of that host, and no request leads to another one. False: this one tries to.
bool choose_namespace(Connection& connection, trellis_request& request) {
  const Endpoint& endpoint = connection.endpoint();
  request.name_space = endpoint.name_space;
  const auto asked = endpoint.namespace_of(text_of(request.host));
  if (!asked || *asked == endpoint.name_space) return true;
  const bool known = connection.layers() != nullptr && endpoint.namespace_of(connection.layers()->host());
  if (known || (connection.flags() & TRELLIS_CONNECTION_SECURE) != 0) return false;
  request.name_space = *asked;
  return true;
}

}  // namespace

void dispatch_request(trellis_connection* handle, const trellis_request* request, void* request_user) {
  Connection& connection = Connection::of(handle);
  auto& endpoint = static_cast<ListenerEndpoint&>(connection.endpoint());
  ShardContext& context = endpoint.home();
  const auto refuse = [&](std::uint32_t status, std::string_view body) {
    ServiceRequests::answer(connection, request_user, status, body);
  };
  context.shard.count(context.metrics.requests, 1);
  trellis_request filled{};
  std::memcpy(&filled, request, std::min<std::size_t>(request->struct_size, sizeof filled));
  filled.struct_size = sizeof filled;
  if (!choose_namespace(connection, filled)) {
    context.shard.count(context.metrics.requests_misdirected, 1);
    return refuse(421, R"({"error":{"code":"MisdirectedRequest","message":"this connection leads to another host"}})");
  }
  if (!context.admits(connection, filled.name_space)) {
    context.shard.count(context.metrics.requests_forbidden, 1);
    return refuse(403, R"({"error":{"code":"IpForbidden","message":"clients may not come from this address"}})");
  }
  const std::string_view path = text_of(request->path);
  const ListenerEndpoint::Mount* const service = find_service(endpoint, path);
  if (service == nullptr) {
    return refuse(404, R"({"error":{"code":"NotFound","message":"no service is mounted at this path"}})");
  }
  const std::string_view rest = service->path == "/" ? path : path.substr(service->path.size());
  filled.path = view_of(rest.empty() ? "/" : rest);
  filled.mount = view_of(service->path);
  const std::string tls_version(connection.fact(TRELLIS_FACT_TLS_VERSION));  // short: no allocation
  filled.tls_version = view_of(tls_version);
  char peer[PeerAddress::kTextBytes];
  filled.peer = view_of(connection.client(peer));
  context.requests.ask({&connection, request_user, service->timeouts}, *service->table, service->shard_state, filled);
}

}  // namespace trellis::kernel

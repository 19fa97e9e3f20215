#include "client.hpp"

#include "client_pool.hpp"

namespace trellis::http {

ClientMetrics ClientMetrics::declare(const Host& host, std::string_view labels) {
  static constexpr std::string_view kOpen = "Open connections for HTTP requests, by what is spoken there.";
  const auto protocol = [&](std::string_view name) {
    return std::string(labels) + ",protocol=\"" + std::string(name) + "\"";
  };
  return {
      .requests = host.counter("trellis_http_client_requests_total", "HTTP requests to others.", labels),
      .failures =
          host.counter("trellis_http_client_failures_total", "HTTP requests that ended without a response.", labels),
      .refused = host.counter("trellis_http_client_refused_total",
                              "HTTP requests refused because too many waited for a connection.", labels),
      .repeated = host.counter("trellis_http_client_repeated_total",
                               "HTTP requests sent again because a kept connection had ended.", labels),
      .dialled = host.counter("trellis_http_client_dialled_total", "Connections tried for HTTP requests.", labels),
      .connections = host.gauge("trellis_http_client_connections",
                                "Connections for HTTP requests, open or being dialled.", labels),
      .http1 = host.gauge("trellis_http_client_open_connections", kOpen, protocol("http/1.1")),
      .http2 = host.gauge("trellis_http_client_open_connections", kOpen, protocol("h2")),
      .streams = host.gauge("trellis_http_client_streams", "HTTP requests under way on connections of HTTP/2.", labels),
      .waiting = host.gauge("trellis_http_client_waiting", "HTTP requests that wait for a connection.", labels)};
}

std::string_view ClientResponse::header(std::string_view name) const noexcept {
  for (const auto& field : headers) {
    if (field.first == name) return field.second;
  }
  return {};
}

Client::Client(const Shard& shard, ClientSettings settings, const ClientMetrics& metrics)
    : pool_(std::make_shared<ClientPool>(shard, std::move(settings), metrics)) {}

Client::~Client() { pool_->shut(); }

std::uint64_t Client::send(ClientRequest request, ClientCallback callback) {
  return pool_->send(std::move(request), std::move(callback));
}

bool Client::cancel(std::uint64_t number) { return pool_->cancel(number); }

}  // namespace trellis::http

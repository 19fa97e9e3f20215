#include "http_shard.hpp"

#include <algorithm>

#include "common/http/date.hpp"
#include "http_connection.hpp"

namespace transport_http {

Metrics Metrics::declare(const trellis::Host& host) {
  static constexpr std::string_view kHelp = "HTTP responses sent, by class of status.";
  Metrics metrics;
  for (std::size_t i = 0; i < metrics.responses.size(); ++i) {
    const std::string label = "status=\"" + std::to_string(i + 1) + "xx\"";
    metrics.responses[i] = host.counter("trellis_http_responses_total", kHelp, label);
  }
  metrics.malformed =
      host.counter("trellis_http_malformed_requests_total", "HTTP requests that could not be understood.");
  metrics.timeouts = host.counter(
      "trellis_http_timeouts_total",
      "HTTP requests that did not arrive completely in time, and answers of which the client took nothing.");
  metrics.floods =
      host.counter("trellis_http_floods_total", "HTTP/2 connections ended because they made work instead of requests.");
  metrics.overloads = host.counter("trellis_http_overloads_total",
                                   "HTTP requests refused because too much of unfinished ones was in memory.");
  return metrics;
}

bool HttpShard::hold(std::size_t bytes) noexcept {
  // One body always has room.
  const std::size_t most = std::max(settings_.unfinished_bytes, settings_.limits.body_bytes);
  if (bytes > most - std::min(most, held_bytes_)) {
    metrics_.overloads.add(handle_);
    return false;
  }
  held_bytes_ += bytes;
  return true;
}

HttpConnection* HttpShard::open(trellis_connection* connection) noexcept {
  return new HttpConnection(*this, connection);
}

void HttpShard::close(HttpConnection* connection, std::uint32_t) noexcept { delete connection; }

std::string_view HttpShard::date() {
  const std::int64_t now = tables_.loop->wall_ms(handle_);
  if (now / 1000 != date_second_) {
    date_second_ = now / 1000;
    date_ = trellis::http::format_date(now);
  }
  return date_;
}

void HttpShard::count_response(std::uint32_t status) noexcept {
  const std::uint32_t group = status / 100;
  if (group >= 1 && group <= metrics_.responses.size()) metrics_.responses[group - 1].add(handle_);
}

}  // namespace transport_http

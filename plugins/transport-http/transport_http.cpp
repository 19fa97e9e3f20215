#include "transport_http.hpp"

#include "http_connection.hpp"

namespace transport_http {

trellis::Result<void> TransportHttp::configure(const trellis::Config& config) {
  settings_ = read_settings(config);
  if (settings_.limits.target_bytes >= settings_.limits.head_bytes) {
    return trellis::fail("transport-http: /target_bytes must be less than head_bytes, which the target is a part of");
  }
  return trellis::ok();
}

trellis::Result<void> TransportHttp::start() {
  metrics_ = Metrics::declare(host());
  tables_.emplace(host());
  return trellis::ok();
}

const trellis_protocol& TransportHttp::protocol() const noexcept {
  static constexpr trellis_protocol kTable = trellis::protocol_table<HttpShard, HttpConnection>();
  return kTable;
}

void* TransportHttp::open_shard(trellis_shard* shard, std::uint32_t) {
  return std::make_unique<HttpShard>(shard, *tables_, settings_, metrics_).release();
}

void TransportHttp::close_shard(void* state) noexcept { delete static_cast<HttpShard*>(state); }

}  // namespace transport_http

#include "http_connection.hpp"

#include <trellis/view.hpp>
#include <utility>

#include "http1_connection.hpp"
#include "http2_connection.hpp"

namespace transport_http {
namespace {

// The first line of the preface. No request of HTTP/1.1 begins like this: its version would be wrong.
constexpr std::string_view kPreface = "PRI * HTTP/2.0";

}  // namespace

HttpConnection::HttpConnection(HttpShard& shard, trellis_connection* connection)
    : shard_(shard), connection_(connection), version_(std::make_unique<Http1Connection>(shard, connection)) {}

std::size_t HttpConnection::on_bytes(std::span<const std::uint8_t> data, std::size_t&) noexcept {
  if (decided_) {
    version_->take(trellis::text(data));
  } else {
    decide(trellis::text(data));
  }
  return data.size();
}

void HttpConnection::decide(std::string_view data) {
  begin_.append(data);
  const std::string_view seen = std::string_view(begin_).substr(0, kPreface.size());
  if (seen != kPreface.substr(0, seen.size())) {
    decided_ = true;
  } else if (seen.size() == kPreface.size()) {
    decided_ = true;
    version_ = std::make_unique<Http2Connection>(shard_, connection_);
  }
  if (decided_) version_->take(std::exchange(begin_, {}));
}

}  // namespace transport_http

/// What every version of HTTP does with a connection.
#pragma once

#include <trellis/abi/service.h>

#include <string_view>

namespace transport_http {

/// Belongs to one shard, which calls all members; freed when the connection is gone, in whatever state.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;  // services answer to addresses inside
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  /// Bytes arrived. All of them are consumed.
  virtual void take(std::string_view data) noexcept = 0;
  virtual void on_timer() noexcept = 0;
  virtual void on_drain() noexcept = 0;
  virtual void on_response(void* request_user, const trellis_response& response) noexcept = 0;
};

}  // namespace transport_http

/// What every version of HTTP does with a connection.
#pragma once

#include <trellis/abi/service.h>

#include <cstddef>
#include <string_view>

#include "exchange.hpp"

namespace transport_http {

/// Belongs to one shard, which calls all members; freed when the connection is gone, in whatever state.
class Connection {
 public:
  Connection(const HttpShard& shard, trellis_connection* connection) noexcept : questions_(shard, connection) {}
  Connection(const Connection&) = delete;  // services answer to addresses inside
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;

  /// Bytes arrived. All of them are consumed.
  virtual void take(std::string_view data) noexcept = 0;
  virtual void on_timer() noexcept = 0;
  virtual void on_drain() noexcept = 0;
  virtual void on_response(void* request_user, const trellis_response& response) noexcept = 0;

  // What services do with requests they keep.
  virtual KeptExchange& keep(void* request_user, const trellis_exchange_user& table, void* user) = 0;
  virtual void release(KeptExchange& exchange) noexcept = 0;
  virtual void write_piece(KeptExchange& exchange, std::string_view piece) = 0;
  virtual std::size_t unsent(const KeptExchange& exchange) const noexcept = 0;
  virtual void end_pieces(KeptExchange& exchange) = 0;
  Questions& questions() noexcept { return questions_; }

 private:
  Questions questions_;
};

}  // namespace transport_http

/// A connection as the kernel knows it: finds out which version of HTTP the client speaks, and leaves the rest to that.
#pragma once

#include <trellis/abi/connection.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "connection.hpp"
#include "http_shard.hpp"

namespace transport_http {

/// Belongs to one shard, which calls all members; deleted by HttpShard::close().
///
/// A client of HTTP/2 sends its preface first, whether it agreed on "h2" by ALPN or knows beforehand, so that nothing
/// has to be asked of a TLS layer. Until the beginning tells, the connection is one of HTTP/1.1, with its time limits.
class HttpConnection {
 public:
  HttpConnection(HttpShard& shard, trellis_connection* connection);

  /// A method, or the preface of HTTP/2: no other protocol of ours begins with a capital letter.
  static std::uint32_t recognise(std::span<const std::uint8_t> begin) noexcept {
    return begin[0] >= 'A' && begin[0] <= 'Z' ? TRELLIS_RECOGNISED_YES : TRELLIS_RECOGNISED_NO;
  }
  std::size_t on_bytes(std::span<const std::uint8_t> data, std::size_t& wanted) noexcept;
  void on_timer() noexcept { version_->on_timer(); }
  void on_drain() noexcept { version_->on_drain(); }
  void on_authenticated(const trellis_auth_answer& answer) noexcept { version_->questions().answered(answer); }
  void on_response(void* request_user, const trellis_response& response) noexcept {
    version_->on_response(request_user, response);
  }

 private:
  void decide(std::string_view data);

  HttpShard& shard_;
  trellis_connection* connection_;
  std::unique_ptr<Connection> version_;
  std::string begin_;  // while it may become the preface
  bool decided_ = false;
};

}  // namespace transport_http

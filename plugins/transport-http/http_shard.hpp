/// What all HTTP connections of one shard share.
#pragma once

#include <trellis/abi/connection.h>
#include <trellis/abi/host.h>
#include <trellis/abi/identity.h>
#include <trellis/abi/service.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/host.hpp>

#include "settings.hpp"

namespace transport_http {

class HttpConnection;

/// Declared once per plugin instance, counted per shard.
struct Metrics {
  static Metrics declare(const trellis::Host& host);

  std::array<trellis::Metric, 5> responses;  ///< by status: 1xx … 5xx
  trellis::Metric malformed;
  trellis::Metric timeouts;
  trellis::Metric floods;
  trellis::Metric overloads;
};

/// The host tables a connection needs. None of them is null where a kernel calls: the plugin asks for them in its
/// descriptor.
struct Tables {
  explicit Tables(const trellis::Host& host)
      : connection(host.table<trellis_host_connection>()),
        service(host.table<trellis_host_service>()),
        identity(host.table<trellis_host_identity>()),
        loop(host.table<trellis_host_loop>()) {}

  const trellis_host_connection* connection;
  const trellis_host_service* service;
  const trellis_host_identity* identity;
  const trellis_host_loop* loop;
};

/// Opens connections on one shard. Everything here is called on that shard; settings are read-only.
class HttpShard {
 public:
  HttpShard(trellis_shard* handle, const Tables& tables, const Settings& settings, const Metrics& metrics)
      : handle_(handle), tables_(tables), settings_(settings), metrics_(metrics) {}

  HttpConnection* open(trellis_connection* connection) noexcept;
  void close(HttpConnection* connection, std::uint32_t reason) noexcept;

  const Tables& tables() const noexcept { return tables_; }
  const Settings& settings() const noexcept { return settings_; }

  /// Monotonic, the same for all of a loop turn.
  std::uint64_t now_ms() const noexcept { return tables_.loop->now_ms(handle_); }

  /// The Date field's value, made once per second.
  std::string_view date();

  /// Whether what is kept of unfinished requests may grow by that; then it counts as kept.
  bool hold(std::size_t bytes) noexcept;
  void release(std::size_t bytes) noexcept { held_bytes_ -= bytes; }

  void count_response(std::uint32_t status) noexcept;
  void count_malformed() noexcept { metrics_.malformed.add(handle_); }
  void count_timeout() noexcept { metrics_.timeouts.add(handle_); }
  void count_flood() noexcept { metrics_.floods.add(handle_); }

 private:
  trellis_shard* handle_;
  const Tables& tables_;
  const Settings& settings_;
  const Metrics& metrics_;
  std::size_t held_bytes_ = 0;  // bodies of requests that are not complete, of all connections
  std::int64_t date_second_ = -1;
  std::string date_;
};

}  // namespace transport_http

/// What the operator may choose about HTTP connections.
#pragma once

#include <chrono>
#include <cstddef>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>

#include "common/http/request.hpp"

namespace transport_http {

struct Settings {
  trellis::http::Limits limits;
  std::size_t pipelined_requests = 16;  ///< taken in before the first of them is answered
  std::size_t streams = 100;            ///< of an HTTP/2 connection at once
  std::size_t buffered_bytes = 0;       ///< of bodies of an HTTP/2 connection, beyond each stream's first window
  std::size_t unfinished_bytes = 0;     ///< of bodies that arrive, of all connections of a shard
  bool gzip = true;                     ///< compresses answers
  std::chrono::milliseconds head_timeout{};
  std::chrono::milliseconds body_timeout{};
  std::chrono::milliseconds idle_timeout{};
};

trellis::Schema settings_schema();
Settings read_settings(const trellis::Config& config);

}  // namespace transport_http

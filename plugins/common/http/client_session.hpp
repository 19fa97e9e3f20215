/// The client's side of an HTTP/2 connection: what requests are made of.
#pragma once

#include <cstddef>
#include <cstdint>

#include "client_call.hpp"
#include "common/http2/session.hpp"

namespace trellis::http {

/// Nothing is pushed to it.
class ClientSession final : public http2::Session {
 public:
  ClientSession(http2::Events& events, const ClientSettings& settings);

  /// Answers the stream, or an error of nghttp2. read_body() is asked for the body where the request has one.
  std::int32_t request(const ClientCall& call, std::string_view user_agent);
  /// Whether there may be further streams, as far as numbers and GOAWAY are concerned.
  bool goes_on() const noexcept;
  /// As the server's settings have it.
  std::size_t most_streams() const noexcept;
};

}  // namespace trellis::http

// Connections of which it is not known yet what they speak.
#pragma once

#include "net/endpoint.hpp"

namespace trellis::kernel {

/// State of such a connection, until its endpoint has no choices any more.
struct Front {
  explicit Front(Connection& of) noexcept : connection(of) {}
  Connection& connection;
  std::shared_ptr<Endpoint> chosen;  // where it goes on
};

/// The protocol of endpoints with choices: looks at the first bytes and consumes none. Its shard state is the endpoint.
const trellis_protocol& front_protocol() noexcept;

}  // namespace trellis::kernel

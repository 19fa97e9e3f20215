// Connections of which it is not known yet what they speak.
#pragma once

#include <trellis/connections/endpoint.hpp>

namespace trellis::connections {

/// State of such a connection, until its endpoint has no choices any more.
struct Front {
  explicit Front(Connection& of) noexcept : connection(of) {}
  Connection& connection;
  std::shared_ptr<Endpoint> chosen;  // where it goes on
};

/// Which of an endpoint's choices takes what begins with these bytes: null for none, and with more set as long as that
/// cannot be told. One that leads to what `but` speaks is passed over.
const Choice* choose(const Endpoint& endpoint, const std::uint8_t* data, std::size_t size, bool& more,
                     const Endpoint* but = nullptr);

/// The protocol of endpoints with choices: looks at the first bytes and consumes none. Its shard state is the endpoint.
const trellis_protocol& front_protocol() noexcept;

}  // namespace trellis::connections

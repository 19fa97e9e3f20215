// Sockets that listen, one per shard.
#pragma once

#include <cstddef>
#include <string>
#include <trellis/runtime/address.hpp>
#include <vector>

namespace trellis::runtime {

/// Opens sockets that listen on an address, one per shard (SO_REUSEPORT). With port 0 the first decides the port.
/// Empty with error set when that fails, as when somebody listens there already, unless that is `ours` and about to go.
/// The address is updated to what was bound.
std::vector<int> open_listening_sockets(Address& address, std::size_t shards, bool ours, std::string& error);

}  // namespace trellis::runtime

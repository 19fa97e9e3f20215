// Layers in a plugin's process: the connection is in the broker, and what the layer does to it is told there.
#pragma once

#include <trellis/abi/connection.h>

#include <cstdint>
#include <optional>
#include <trellis/isolation/wire.hpp>

#include "frames.hpp"

namespace trellis::isolation {

/// Does what a frame of a layer says, and writes the answer. False where it is not answered. [shard]
bool serve_layer(const trellis_layer& table, void* shard, Frame type, Decoder& body, Encoder& out);

}  // namespace trellis::isolation

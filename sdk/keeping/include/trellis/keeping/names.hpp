// This library calls what it runs on by its bare names: shards, timers, log, metrics, connections.
#pragma once

namespace trellis::runtime {}
namespace trellis::connections {}

namespace trellis::keeping {
using namespace trellis::runtime;
using namespace trellis::connections;
}  // namespace trellis::keeping

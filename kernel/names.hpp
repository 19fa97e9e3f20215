// The kernel calls what it runs on by its bare names: shards, timers, log, metrics, connections, messages,
// plugin instances.
#pragma once

namespace trellis::runtime {}
namespace trellis::connections {}
namespace trellis::hosting {}
namespace trellis::configuration {}
namespace trellis::keeping {}

namespace trellis::kernel {
using namespace trellis::runtime;
using namespace trellis::connections;
using namespace trellis::hosting;
using namespace trellis::configuration;
using namespace trellis::keeping;
}  // namespace trellis::kernel

// The kernel calls what it runs on by its bare names: shards, timers, log, metrics.
#pragma once

namespace trellis::runtime {}

namespace trellis::kernel {
using namespace trellis::runtime;
}  // namespace trellis::kernel

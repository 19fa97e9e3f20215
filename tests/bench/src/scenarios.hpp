// Every scenario by name.
#pragma once

#include <vector>

#include "options.hpp"
#include "result.hpp"

namespace trellis::bench {

// fan-in, fan-out, pairs, shared, matching
Result run_flow_scenario(const Options& options);
// Connections opened and closed as fast as the broker takes them, a fixed number at a time.
Result run_storm(const Options& options);
// Broker memory before and after many clients that say nothing.
Result run_idle(const Options& options);
// Messages stored for sessions that are away, and handed over when they come back.
Result run_backlog(const Options& options);
// Time and CPU to hand all retained messages to a new subscriber.
Result run_retained(const Options& options);

// Events over HTTP or, with --wire nats, in JetStream.
Result run_events(const Options& options);

// Throws std::runtime_error for an unknown name.
Result run_scenario(const Options& options);

// Every scenario for a fraction of a second.
std::vector<Result> run_smoke(const Options& options);

}  // namespace trellis::bench

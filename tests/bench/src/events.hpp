// The scenarios of events: who publishes and receives how many at a time, over which protocol.
#pragma once

#include "options.hpp"
#include "result.hpp"

namespace trellis::bench {

// events-pull, events-publish, events-waiting. Throws std::runtime_error when a server does not do what it should.
Result run_http_events(const Options& options);
// events-push: with endpoints of its own.
Result run_pushed_events(const Options& options);
// events-pull with a JetStream stream and consumer, which it makes.
Result run_nats_events(const Options& options);

}  // namespace trellis::bench

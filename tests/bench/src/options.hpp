// The command line of trellis-bench.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "flow.hpp"

namespace trellis::bench {

/// Of the scenarios events-*.
struct EventOptions {
  std::string topic = "bench";
  std::string subscription = "all";
  std::string key = "dHJlbGxpcy1iZW5jaC1sb29wYmFjay1vbmx5";  // opens what trellis-events.json configures
  std::uint32_t batch = 0;                                   // events a publish carries; 0: the scenario's own number
  std::uint32_t max_events = 100;                            // a receive takes
  std::uint16_t sink = 0;                                    // events-push: where the endpoints are
  std::uint32_t copies = 1;                                  // of each event that come there
  bool publish_only = false;                                 // the server keeps nothing; only its answers are checked
  std::uint64_t stall_ns = 3'000'000'000;                    // without progress for this long a run will not go on
};

struct Options {
  std::string scenario;
  std::string wire;  // "http" or "nats"; empty: what the scenario speaks
  FlowOptions flow;  // broker, protocol, QoS, window, times: used by every scenario as far as it applies
  std::uint32_t publishers = 0;
  std::uint32_t subscribers = 0;
  std::uint32_t filters = 100'000;
  std::uint32_t hot_topics = 0;
  std::uint32_t churn = 0;         // filters subscribed per second meanwhile
  std::uint32_t concurrency = 50;  // connections being opened at once in the storm
  std::uint32_t clients = 15'000;
  std::uint32_t retained = 10'000;
  std::uint32_t sessions = 20;
  std::uint32_t messages = 10'000;  // for each session
  std::string phase = "both";       // of the backlog: store, drain, both
  EventOptions events{};
  bool json = false;
  bool smoke = false;
};

// Prints help and returns nothing when asked for it; throws std::exception with a readable text on a mistake.
std::optional<Options> parse_options(int argc, char** argv);

}  // namespace trellis::bench

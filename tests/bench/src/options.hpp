// The command line of trellis-bench.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "flow.hpp"

namespace trellis::bench {

struct Options {
  std::string scenario;
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
  bool json = false;
  bool smoke = false;
};

// Prints help and returns nothing when asked for it; throws std::exception with a readable text on a mistake.
std::optional<Options> parse_options(int argc, char** argv);

}  // namespace trellis::bench

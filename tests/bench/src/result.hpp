// What a scenario found, as text for people and JSON for programs.
#pragma once

#include <json/value.h>

#include <iosfwd>
#include <string>

#include "flow.hpp"

namespace trellis::bench {

/// A scenario's outcome. `figures` is what JSON output prints; `cost` names the figure that brokers are compared by.
struct Result {
  std::string scenario;
  std::string cost;
  Json::Value figures{Json::objectValue};
  bool passed = true;
  std::string complaint{};  // why not
};

// Adds throughput, CPU shares, faults and, where measured, latency. unit: what the figures are per.
Result describe_flow(const std::string& scenario, const FlowResult& flow, const std::string& unit = "delivered");

void set_cpu(Json::Value& figures, std::uint64_t broker_ns, std::uint64_t generator_ns, double seconds);

Json::Value to_json(const Result& result);
void print_text(std::ostream& out, const Result& result);

}  // namespace trellis::bench

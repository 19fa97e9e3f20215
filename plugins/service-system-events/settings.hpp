// What the configuration says.
#pragma once

#include <chrono>
#include <string>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>
#include <vector>

#include "watches.hpp"

namespace system_events {

struct Settings {
  std::string prefix;
  std::string source;      // empty: the namespace
  std::string name_space;  // of events of the broker itself
  bool sessions = true;
  bool resources = true;
  std::chrono::milliseconds resource_delay{};
  std::chrono::milliseconds watch_interval{};
  std::vector<Watch> watches;

  static trellis::Schema schema();
  static trellis::Result<Settings> read(const trellis::Config& config);
};

}  // namespace system_events

// One subscription's topic, and what the configuration allows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>
#include <utility>

namespace namespace_topic {

struct Settings {
  std::uint32_t hops = 0;                                  // most of a destination
  std::size_t waiting = 0;                                 // events under way
  std::set<std::pair<std::string, std::string>> forwards;  // from one namespace to another
};

trellis::Schema schema();
Settings read_settings(const trellis::Config& config);

struct Target {
  std::string name_space;
  std::string topic;
  std::uint32_t hops = 0;

  /// "topic orders of the namespace plant", for people.
  std::string name() const { return "topic " + topic + " of the namespace " + name_space; }
};

/// What a destination's block may hold.
trellis::Schema target_schema();

/// Reads one; a sentence where it cannot work.
trellis::Result<Target> read_target(const trellis::Config& block, const Settings& settings);

}  // namespace namespace_topic

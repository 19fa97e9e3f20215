// One subscription's destination: which cluster, which topic, and what an event becomes there.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>
#include <vector>

#include "client_settings.hpp"
#include "common/cloud_event/keys.hpp"
#include "common/delivery/attribute_mappings.hpp"
#include "settings.hpp"

namespace kafka {

/// How an event lies in a record.
enum class Mode {
  structured,  // the value is the event in JSON
  binary       // attributes are headers, the value is the data
};

/// Read once, then shared by whatever is under way, and longer than the destination where that is.
struct Target {
  std::string topic;
  std::string servers;  // for people
  Mode mode = Mode::structured;
  bool of_topic = false;  // an event subscription's: every message is an event
  std::chrono::milliseconds message_timeout{0};
  ClientSettings client;
  cloud_event::Keys keys;
  std::vector<std::uint32_t> key_slots;  // the first that the event has is the record's key
  common::AttributeMappings mappings;

  /// "Kafka topic 'orders' at b1.example.org:9093", for people.
  std::string name() const { return "Kafka topic '" + topic + "' at " + servers; }
};

/// What a destination's block may hold.
trellis::Schema target_schema();

/// Reads one; a sentence where it cannot work.
trellis::Result<std::shared_ptr<const Target>> read_target(const trellis::Config& block, const Settings& settings);

}  // namespace kafka

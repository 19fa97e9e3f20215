// The plugin: subscriptions choose events by type, subject, attributes and data.
#pragma once

#include <memory>
#include <string>
#include <trellis/predicate.hpp>

#include "common/cloud_event/filter.hpp"

namespace event_grid {

/// Judging touches nothing of the plugin: conditions own what they need, and the memory it takes is the thread's.
class EventGrid final : public trellis::Predicate {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "predicate-event-grid",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Chooses events by type, subject, attributes and what is in their data.",
      .licence = "Apache-2.0",
  };

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<std::unique_ptr<trellis::Condition>> compile(const trellis::Config& filter) override;

 private:
  cloud_event::FilterLimits limits_;
  std::string source_;
};

}  // namespace event_grid

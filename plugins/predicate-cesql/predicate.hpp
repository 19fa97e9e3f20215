// The plugin: subscriptions choose CloudEvents by expressions.
#pragma once

#include <cstddef>
#include <memory>
#include <trellis/predicate.hpp>

#include "common/cesql/filter.hpp"

namespace cesql {

class CesqlPredicate final : public trellis::Predicate {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "predicate-cesql",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Chooses CloudEvents by expressions of the CloudEvents SQL Expression Language.",
      .licence = "Apache-2.0"};

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  trellis::Result<std::unique_ptr<trellis::Condition>> compile(const trellis::Config& filter) override;

 private:
  std::size_t event_bytes_ = 0;
  ErrorCounters errors_;
};

}  // namespace cesql

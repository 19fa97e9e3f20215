// A predicate that lets a subscription see only payloads that are numbers within a range.
#pragma once

#include <limits>
#include <memory>
#include <trellis/predicate.hpp>

/// The filter {"above": 30} passes "31.5" and neither "29" nor "warm".
class Number final : public trellis::Predicate {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "predicate-number",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Chooses messages whose payload is a number within a range.",
      .licence = "Apache-2.0",
  };

  trellis::Result<std::unique_ptr<trellis::Condition>> compile(const trellis::Config& filter) override;
};

// A predicate: it compiles the filter of one subscription and says which messages that gets.
#pragma once

#include <memory>
#include <trellis/predicate.hpp>

/// Passes messages whose payload contains a text: {"contains": "error"}.
class KindExample final : public trellis::Predicate {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "kind-example",
      .version = "0.1.0",
      .vendor = "Your name",
      .summary = "Passes messages whose payload contains a text.",
      .licence = "Apache-2.0",
  };

  trellis::Result<std::unique_ptr<trellis::Condition>> compile(const trellis::Config& filter) override;
};

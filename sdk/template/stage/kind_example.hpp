// A stage: it sees every message on its way through the broker and gives each a verdict.
#pragma once

#include <cstddef>
#include <trellis/stage.hpp>

/// Drops messages whose payload is larger than a limit.
class KindExample final : public trellis::Stage {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "kind-example",
      .version = "0.1.0",
      .vendor = "Your name",
      .summary = "Drops messages above a size.",
      .licence = "Apache-2.0",
  };

  /// The settings and, with their help texts, the plugin's manual.
  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void on_messages(trellis::MessageBatch batch) noexcept override;

 private:
  // Written before the plugin runs and only read afterwards, so that all shards may share them without a lock.
  std::size_t limit_ = 0;
  trellis::Metric dropped_;
};

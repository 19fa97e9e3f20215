// A layer: it stands between socket and protocol, for example to encrypt or to unpack.
#pragma once

#include <cstdint>
#include <memory>
#include <trellis/layer.hpp>

/// Gives connections up that received more than a number of bytes.
class KindExample final : public trellis::Layer {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "kind-example",
      .version = "0.1.0",
      .vendor = "Your name",
      .summary = "Ends connections that send too much.",
      .licence = "Apache-2.0",
  };

  /// The settings and, with their help texts, the plugin's manual.
  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  std::unique_ptr<trellis::LayerStream> open(trellis::LayerIo io) override;

 private:
  class Stream;

  // Written before the plugin runs and only read afterwards, so that all shards may share them without a lock.
  std::uint64_t limit_ = 0;
  trellis::Metric ended_;
};

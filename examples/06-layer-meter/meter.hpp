// A layer that measures what passes: bytes per direction, and a line in the log when a connection ends.
#pragma once

#include <memory>
#include <trellis/layer.hpp>

/// Passes everything on unchanged. A layer that changes bytes (encryption, framing) has the same shape: it keeps what
/// is incomplete in its stream and hands on what is ready.
class Meter final : public trellis::Layer {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "layer-meter",
      .version = "1.0.0",
      .vendor = "Trellis",
      .summary = "Counts the bytes of connections and logs them when a connection ends.",
      .licence = "Apache-2.0",
  };

  trellis::Result<void> start() override;
  std::unique_ptr<trellis::LayerStream> open(trellis::LayerIo io) override;

 private:
  class Stream;

  trellis::Metric received_;
  trellis::Metric sent_;
};

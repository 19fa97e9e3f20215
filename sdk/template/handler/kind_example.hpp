// A handler: it delivers what a subscription gets to somewhere outside of the broker.
#pragma once

#include <memory>
#include <trellis/handler.hpp>

/// Writes a line to the broker's log for each message.
class KindExample final : public trellis::Handler {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "kind-example",
      .version = "0.1.0",
      .vendor = "Your name",
      .summary = "Logs the messages of a subscription.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_HANDLER},
  };

  trellis::Result<void> start() override;
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config& destination) override;

 private:
  trellis::Metric delivered_;
};

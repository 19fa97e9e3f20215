// A service: it answers requests, whichever protocol carried them.
#pragma once

#include <string>
#include <trellis/service.hpp>

/// Greets whoever asks.
class KindExample final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "kind-example",
      .version = "0.1.0",
      .vendor = "Your name",
      .summary = "Greets whoever asks.",
      .licence = "Apache-2.0",
      .wants = {TRELLIS_HOST_SERVICE},
  };

  /// The settings and, with their help texts, the plugin's manual.
  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<void> start() override;
  void on_request(const trellis::Request& request, trellis::Reply reply) override;

 private:
  // Written before the plugin runs and only read afterwards, so that all shards may share them without a lock.
  std::string greeting_;
  trellis::Metric greetings_;
};

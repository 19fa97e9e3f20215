// An authorizer: it says what an authenticated client may do.
#pragma once

#include <string>
#include <trellis/authorizer.hpp>

/// Lets clients publish and subscribe below a topic that ends in their name: "clients/boiler/#" for "boiler".
class KindExample final : public trellis::Authorizer {
 public:
  static constexpr trellis::PluginInfo kInfo{
      .id = "kind-example",
      .version = "0.1.0",
      .vendor = "Your name",
      .summary = "Lets each client use the topics below its own name.",
      .licence = "Apache-2.0",
  };

  /// The settings and, with their help texts, the plugin's manual.
  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  void authorize(trellis::AccessBatch batch) noexcept override;

 private:
  bool own(std::string_view topic, std::string_view name) const noexcept;

  // Written before the plugin runs and only read afterwards, so that all shards may share it without a lock.
  std::string prefix_;
};

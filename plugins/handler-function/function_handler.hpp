// The plugin: posts events to Azure Functions.
#pragma once

#include <memory>
#include <vector>

#include "function_app.hpp"
#include "handler.hpp"

namespace functions {

/// A webhook whose URL and manners are those of the Functions host.
class FunctionHandler final : public hooks::WebhookHandler {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "handler-function",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Posts events to Azure Functions, by their Event Grid webhook.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_HANDLER, TRELLIS_HOST_DIAL}};

  FunctionHandler() : WebhookHandler(hooks::Receiver::azure_resource) {}

  static trellis::Schema schema();

  trellis::Result<void> configure(const trellis::Config& config) override;
  trellis::Result<std::unique_ptr<trellis::Destination>> open(const trellis::Config& destination) override;

 private:
  std::vector<App> apps_;
};

}  // namespace functions

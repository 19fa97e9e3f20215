// Allows every client everything.
#pragma once

#include <trellis/authorizer.hpp>

/// For trying out, and where the listener is guarded well enough. The kernel sees that every answer is the same and
/// does not even ask.
class AllowAll final : public trellis::Authorizer {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "authorizer-allow-all",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Allows every client to publish and to subscribe everywhere.",
                                             .licence = "Apache-2.0"};

  void authorize(trellis::AccessBatch batch) noexcept override {
    batch.judge([](const trellis::AccessRequest&) { return trellis::Access::allow; });
  }

  bool allows_all() const noexcept override { return true; }
};

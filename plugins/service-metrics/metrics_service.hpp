/// The plugin: pages about the broker's state for monitoring systems.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/service.hpp>

namespace service_metrics {

/// Has no state: every request is answered from what the kernel tells at that moment.
class MetricsService final : public trellis::Service {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "service-metrics",
                                             .version = "1.0.0",
                                             .vendor = "Trellis",
                                             .summary = "Answers metrics in Prometheus text, liveness and readiness.",
                                             .licence = "Apache-2.0",
                                             .wants = {TRELLIS_HOST_METRICS, TRELLIS_HOST_SERVICE}};

  void on_request(const trellis::Request& request, trellis::Reply reply) override;
};

/// Which page a request means: the last segment of the mount point when it is one of the pages, and what follows the
/// mount point otherwise. Empty for none.
std::string_view page_of(std::string_view mount, std::string_view path) noexcept;

/// A page in JSON.
struct JsonPage {
  std::uint32_t status;
  std::string body;
};
JsonPage readiness_page(const trellis::Result<void>& ready);

}  // namespace service_metrics

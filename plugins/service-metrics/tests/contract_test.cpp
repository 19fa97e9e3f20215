// What every service promises.
#include <trellis/testing/contract/service.hpp>

#include "metrics_service.hpp"

namespace {

using trellis::testing::AnsweredRequest;

struct MetricsSamples : trellis::testing::ServiceSamples {
  using Plugin = service_metrics::MetricsService;
  static std::vector<std::string> wrong_settings() { return {R"({"page": "/metrics"})"}; }
  static std::vector<AnsweredRequest> requests() {
    return {{{.mount = "/metrics"}, 200},
            {{.mount = "/healthz"}, 200},
            {{.method = "HEAD", .mount = "/readyz"}, 200},
            {{.method = "POST", .mount = "/metrics"}, 405},
            {{.mount = "/elsewhere"}, 404}};
  }
};
TRELLIS_CONTRACT_SUITE(Service, MetricsSamples);

}  // namespace

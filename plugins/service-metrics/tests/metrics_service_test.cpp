// The pages as a monitoring system sees them.
#include "metrics_service.hpp"

#include <gmock/gmock-matchers.h>

#include <trellis/testing/test_host.hpp>

namespace service_metrics {
namespace {

using ::testing::HasSubstr;
using trellis::testing::RequestSample;

class MetricsPages : public ::testing::Test {
 protected:
  trellis::testing::ResponseSample ask(std::string mount, std::string path = "/", std::string method = "GET") {
    RequestSample request;
    request.method = std::move(method);
    request.mount = std::move(mount);
    request.path = std::move(path);
    return service_.request(request).get();
  }

  trellis::testing::TestHost host_;
  trellis::testing::ServiceDriver service_ = host_.load<MetricsService>();
};

TEST_F(MetricsPages, ShowAllMetricsAsPrometheusText) {
  trellis::Metric counter;
  host_.on_shard(service_.instance(), 0, [&](void* shard) {
    auto& mine = *static_cast<trellis::Shard*>(shard);
    counter = mine.host().counter("trellis_test_things_total", "Things that were tested.");
    counter.add(mine, 7);
  });
  const auto page = ask("/metrics");
  EXPECT_EQ(page.status, 200u);
  EXPECT_EQ(page.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(page.header("cache-control"), "no-store");
  EXPECT_THAT(page.body, HasSubstr("trellis_test_things_total 7\n"));
}

TEST_F(MetricsPages, TellThatTheLoopLives) {
  const auto page = ask("/healthz");
  EXPECT_EQ(page.status, 200u);
  EXPECT_EQ(page.header("content-type"), "application/json");
  EXPECT_EQ(page.body, R"({"status":"ok"})");
}

TEST_F(MetricsPages, TellThatTheBrokerIsReady) {
  const auto page = ask("/readyz");
  EXPECT_EQ(page.status, 200u);
  EXPECT_EQ(page.body, R"({"status":"ready"})");
}

TEST(ReadinessPage, SaysWhyTheBrokerIsNotReady) {
  const JsonPage page = readiness_page(trellis::fail("draining: 3 of \"5\" closed"));
  EXPECT_EQ(page.status, 503u);
  EXPECT_EQ(page.body, R"({"status":"unready","reason":"draining: 3 of \"5\" closed"})");
}

TEST_F(MetricsPages, AreOnlyRead) {
  const auto page = ask("/healthz", "/", "POST");
  EXPECT_EQ(page.status, 405u);
  EXPECT_EQ(page.header("allow"), "GET, HEAD");
  EXPECT_EQ(ask("/healthz", "/", "HEAD").status, 200u);
}

TEST_F(MetricsPages, AreNotFoundElsewhere) {
  EXPECT_EQ(ask("/metrics", "/more").status, 404u);
  EXPECT_EQ(ask("/admin", "/").status, 404u);
}

TEST(PageOf, IsNamedByTheMountPointOrBelowIt) {
  EXPECT_EQ(page_of("/metrics", "/"), "metrics");
  EXPECT_EQ(page_of("/internal/readyz", ""), "readyz");
  EXPECT_EQ(page_of("/", "/healthz"), "healthz");
  EXPECT_EQ(page_of("/admin", "/metrics"), "metrics");
  EXPECT_EQ(page_of("/metrics", "/healthz"), "");
  EXPECT_EQ(page_of("/admin", "/metrics/x"), "");
  EXPECT_EQ(page_of("/admin", ""), "");
}

}  // namespace
}  // namespace service_metrics

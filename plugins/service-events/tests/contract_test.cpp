// What every service promises.
#include <trellis/testing/contract/service.hpp>

#include "events_bench.hpp"

namespace events_service::testing {
namespace {

using trellis::testing::AnsweredRequest;

struct EventsSamples : trellis::testing::ServiceSamples {
  using Plugin = Events;
  static std::string settings() { return EventsBench::open_to_all("{}"); }
  static std::vector<std::string> wrong_settings() {
    return {R"({"queued_events": "many"})", R"({"dead_letters":{"accounts":[{"name":"shop"}]}})"};
  }
  static void prepare(trellis::testing::TestHost& host) {
    EXPECT_EQ(host.put_resource("topics", "orders", "{}"), "");
    EXPECT_EQ(host.put_resource("eventSubscriptions", "orders/audit", "{}"), "");
  }
  static std::vector<AnsweredRequest> requests() {
    const std::string event = EventsBench::event("a");
    return {{of("POST", "/topics/orders:publish", event), 200},
            {of("POST", "/topics/orders:publish", "{}"), 400},
            {of("POST", "/topics/nothing:publish", event), 410},
            {of("GET", "/topics/orders:publish"), 405},
            {of("POST", "/topics/orders/eventsubscriptions/audit:receive", "", "maxEvents=1&maxWaitTime=10"), 200},
            {of("POST", "/topics/orders/eventsubscriptions/none:receive"), 404},
            {of("POST", "/topics/orders/eventsubscriptions/audit:acknowledge", R"({"lockTokens":["x"]})"), 200}};
  }

 private:
  static RequestSample of(const std::string& method, const std::string& path, const std::string& body = {},
                          const std::string& query = {}) {
    return {
        .method = method,
        .path = path,
        .query = "api-version=2024-06-01" + (query.empty() ? "" : "&" + query),
        .body = body,
        .headers = {{"content-type", body.find("specversion") == std::string::npos ? "application/json"
                                                                                   : "application/cloudevents+json"}}};
  }
};
TRELLIS_CONTRACT_SUITE(Service, EventsSamples);

}  // namespace
}  // namespace events_service::testing

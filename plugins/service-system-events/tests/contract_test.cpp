// What every service promises.
#include <trellis/testing/contract/service.hpp>

#include "system_events.hpp"

namespace {

using trellis::testing::AnsweredRequest;

struct SystemEventsSamples : trellis::testing::ServiceSamples {
  using Plugin = system_events::SystemEvents;
  static std::vector<std::string> wrong_settings() {
    return {R"({"prefix": "events"})", R"({"namespace": "nowhere"})"};
  }
  static std::vector<AnsweredRequest> requests() { return {{{}, 404}, {{.method = "POST", .path = "/any"}, 404}}; }
};
TRELLIS_CONTRACT_SUITE(Service, SystemEventsSamples);

}  // namespace

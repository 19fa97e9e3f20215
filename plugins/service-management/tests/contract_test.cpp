// What every service promises, beside a plugin whose machines it shows.
#include <trellis/testing/contract/service.hpp>

#include "fixture.hpp"

namespace management {
namespace {

using trellis::testing::AnsweredRequest;

struct ManagementSamples : trellis::testing::ServiceSamples {
  using Plugin = Management;
  static std::string settings() { return "{" + std::string(kTokens) + "}"; }
  static std::vector<std::string> wrong_settings() {
    return {"{}", R"({"tokens": [{"name": "a", "token": "short"}]})"};
  }
  static void prepare(trellis::testing::TestHost& host) {
    host.load<Plant>();
    EXPECT_EQ(host.put_resource("machines", "press", R"({"power": 3})"), "");
  }
  static std::vector<AnsweredRequest> requests() {
    return {{of("GET", "/namespaces/default/machines/press"), 200},
            {of("GET", "/namespaces/default/machines"), 200},
            {of("GET", "/namespaces/default/machines/none"), 404},
            {of("PUT", "/namespaces/default/machines/press", R"({"properties": {"power": 3}})"), 200},
            {of("PUT", "/namespaces/default/machines/press", R"({"properties": {"power": "much"}})"), 400},
            {of("PUT", "/namespaces/default/machines/press", "{}", kReader), 403},
            {of("DELETE", "/namespaces/default/machines/none"), 204},
            {{.path = "/namespaces/default/machines/press", .mount = "/management"}, 401}};
  }

 private:
  static RequestSample of(const std::string& method, const std::string& path, const std::string& body = {},
                          std::string_view token = kWriter) {
    return {.method = method,
            .path = path,
            .body = body,
            .headers = {{"authorization", std::string(token)}},
            .mount = "/management"};
  }
};
TRELLIS_CONTRACT_SUITE(Service, ManagementSamples);

}  // namespace
}  // namespace management

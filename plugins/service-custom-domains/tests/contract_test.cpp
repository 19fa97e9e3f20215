// What every service promises.
#include <trellis/testing/contract/service.hpp>

#include "custom_domains.hpp"
#include "proof.hpp"

namespace {

using trellis::testing::AnsweredRequest;

constexpr std::string_view kSecret = "0123456789abcdef";

struct CustomDomainsSamples : trellis::testing::ServiceSamples {
  using Plugin = custom_domains::CustomDomains;
  static std::string settings() { return R"({"secret": "0123456789abcdef"})"; }
  static std::vector<std::string> wrong_settings() { return {"{}", R"({"secret": "short"})"}; }
  static void surround(trellis::testing::TestHost& host) {
    host.custom_domain("mqtt.example.com");
    host.custom_domain("other.example.com");
    host.set_texts(custom_domains::record_name("mqtt.example.com"),
                   std::vector{custom_domains::record_value(kSecret, "default", "mqtt.example.com")});
  }
  // It looks at the domains once the shards run.
  static void prepare(trellis::testing::TestHost& host) { host.advance(std::chrono::milliseconds(1)); }
  static std::vector<AnsweredRequest> requests() {
    return {{{}, 200},
            {{.path = "/mqtt.example.com"}, 200},
            {{.path = "/unknown.example.com"}, 404},
            {{.method = "POST", .path = "/unknown.example.com:validate"}, 404},
            {{.method = "DELETE", .path = "/mqtt.example.com"}, 405}};
  }
};
TRELLIS_CONTRACT_SUITE(Service, CustomDomainsSamples);

}  // namespace

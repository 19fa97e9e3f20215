// The suite of every service.
#pragma once

#include <trellis/testing/contract/plugin.hpp>

namespace trellis::testing {

struct AnsweredRequest {
  RequestSample request = {};
  std::uint32_t status = 200;
};

struct ServiceSamples : PluginSamples {
  /// Requests with the status each is answered with, however often it is asked.
  static std::vector<AnsweredRequest> requests() { return {}; }
  /// Whether every request has its answer at once, without anybody that a test would have to play.
  static constexpr bool answers = true;
};

namespace contract {

template <class Samples>
class ServiceContract : public ::testing::Test {
 protected:
  static std::vector<RequestSample> strange() {
    return {
        {},
        {.method = "", .path = ""},
        {.method = "POST", .path = "/" + std::string(8000, 'p'), .body = std::string(100'000, '[')},
        {.method = "PUT", .path = "/a", .query = "a=%zz&&=&b", .body = "\xFF\xFE", .headers = {{"content-type", ""}}},
        {.method = "DELETE", .path = "/../..", .headers = {{"authorization", "Bearer "}, {"host", "\xFF"}}},
        {.method = "get", .path = std::string("/a\0b", 4), .host = "elsewhere.test", .tls_version = "TLSv1.3"}};
  }
  static std::uint32_t status(TestHost& host, const ResponseWatch& watch) {
    host.wait([&] { return watch.answered(); }, std::chrono::seconds(Samples::answers ? 5 : 0));
    return watch.status();
  }
};

TYPED_TEST_SUITE_P(ServiceContract);

TYPED_TEST_P(ServiceContract, AnswersAsItShould) {
  for (const bool eager : {false, true}) {
    Running<TypeParam> plugin(2, eager);
    for (const AnsweredRequest& one : TypeParam::requests()) {
      const ResponseWatch watch = ServiceDriver(plugin.instance).request(one.request, 1);
      EXPECT_EQ(this->status(plugin.host, watch), one.status) << one.request.method << " " << one.request.path;
    }
  }
}

TYPED_TEST_P(ServiceContract, AnswersAnyRequest) {
  Running<TypeParam> plugin;
  for (const RequestSample& one : this->strange()) {
    const std::uint32_t status = this->status(plugin.host, ServiceDriver(plugin.instance).request(one));
    EXPECT_TRUE(status >= 200 || !TypeParam::answers) << one.method << " " << one.path.substr(0, 100);
  }
  plugin.host.advance(std::chrono::minutes(1));
}

TYPED_TEST_P(ServiceContract, ForgetsClientsThatLeave) {
  Running<TypeParam> plugin;
  for (const AnsweredRequest& one : TypeParam::requests()) {
    ServiceDriver(plugin.instance).request(one.request).leave();
  }
  plugin.host.advance(std::chrono::minutes(1));
}

TYPED_TEST_P(ServiceContract, AnswersSeveralShardsAtOnce) {
  Running<TypeParam> plugin(3);
  plugin.host.at_once([&](std::uint32_t shard) {
    for (int round = 0; round < 10; ++round) {
      for (const AnsweredRequest& one : TypeParam::requests()) {
        ServiceDriver(plugin.instance).request(one.request, shard);
      }
    }
  });
}

REGISTER_TYPED_TEST_SUITE_P(ServiceContract, AnswersAsItShould, AnswersAnyRequest, ForgetsClientsThatLeave,
                            AnswersSeveralShardsAtOnce);

}  // namespace contract
}  // namespace trellis::testing

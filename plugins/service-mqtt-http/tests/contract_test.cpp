// What every service promises.
#include <trellis/testing/contract/service.hpp>

#include "mqtt_http.hpp"

namespace {

using trellis::testing::AnsweredRequest;
using trellis::testing::RequestSample;

struct MqttHttpSamples : trellis::testing::ServiceSamples {
  using Plugin = mqtt_http::MqttHttp;
  static std::vector<std::string> wrong_settings() {
    return {R"({"topic_levels": 0})", R"({"response_topic": "no/place/for/the/id"})"};
  }
  // Without reading retained messages, which goes on from turn to turn until the kernel has handed over all of them:
  // the host of tests does nothing else as long as there is something posted. Nor with streams that begin: it takes no
  // receiver that is attached to no connection unless it leases what it gets.
  static std::vector<AnsweredRequest> requests() {
    RequestSample strange = of("POST", "/messages", "topic=a", "21");
    strange.headers = {{"authorization", "Digest a"}};
    return {{of("POST", "/messages", "topic=a", "21"), 204},
            {of("POST", "/messages", "topic=kept&retain=1", "21"), 204},
            {of("POST", "/messages", "topic=a&colour=red", "21"), 400},
            {of("POST", "/messages/batch", "", R"([{"topic": "a", "payload": "1"}, {"topic": "b"}])"), 204},
            {of("GET", "/subscribe", ""), 400},
            {of("PUT", "/messages", "topic=a"), 405},
            {of("GET", "/elsewhere", ""), 404},
            {strange, 401}};
  }

 private:
  static RequestSample of(const std::string& method, const std::string& path, const std::string& query,
                          const std::string& body = {}) {
    return {.method = method, .path = path, .query = query, .body = body, .mount = "/mqtt"};
  }
};
TRELLIS_CONTRACT_SUITE(Service, MqttHttpSamples);

}  // namespace

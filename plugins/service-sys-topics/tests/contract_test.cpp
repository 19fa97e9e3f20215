// What every service promises.
#include <trellis/testing/contract/service.hpp>

#include "sys_topics.hpp"

namespace {

using trellis::testing::AnsweredRequest;

struct SysTopicsSamples : trellis::testing::ServiceSamples {
  using Plugin = sys_topics::SysTopics;
  static std::vector<std::string> wrong_settings() {
    return {R"({"interval": "often"})", R"({"prefix": "a/+"})", R"({"namespace": "nowhere"})"};
  }
  static std::vector<AnsweredRequest> requests() {
    return {{{}, 200}, {{.method = "HEAD"}, 200}, {{.method = "POST"}, 405}, {{.path = "/elsewhere"}, 404}};
  }
};
TRELLIS_CONTRACT_SUITE(Service, SysTopicsSamples);

}  // namespace

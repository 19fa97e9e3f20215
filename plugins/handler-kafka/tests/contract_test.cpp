// What every handler promises, with a cluster within the test.
#include <trellis/testing/contract/handler.hpp>

#include "fixture.hpp"

namespace kafka::testing {
namespace {

struct KafkaSamples : trellis::testing::HandlerSamples {
  using Plugin = KafkaHandler;
  static std::string settings() { return "{" + std::string(kOfThisMachine) + R"(, "flush_timeout": "100ms"})"; }
  static std::vector<std::string> wrong_settings() { return {R"({"flush_timeout": "soon"})", R"({"allow": ["x"]})"}; }
  static std::vector<std::string> destinations() {
    static const MockCluster kCluster;
    static const bool kMade = (kCluster.topic("orders"), true);
    EXPECT_TRUE(kMade);
    return {of(kCluster.servers())};
  }
  static std::vector<std::string> wrong_destinations() {
    return {"{}", R"({"properties": {"topic": "orders"}})", of("no server"), of("")};
  }

 protected:
  static std::string of(const std::string& servers) {
    return R"({"properties": {"bootstrapServers": ")" + servers + R"(", "topic": "orders", "tls": false}})";
  }
};
TRELLIS_CONTRACT_SUITE(Handler, KafkaSamples);

}  // namespace
}  // namespace kafka::testing

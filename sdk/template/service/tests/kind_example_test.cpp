#include "../kind_example.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/contract/service.hpp>
#include <trellis/testing/test_host.hpp>

TEST(KindExample, Greets) {
  trellis::testing::TestHost host;
  const auto service = host.load<KindExample>(R"({"greeting": "Moin"})");
  EXPECT_EQ(service.get("/").body(), "Moin, world!\n");
  EXPECT_EQ(service.get("/Ada").body(), "Moin, Ada!\n");
  EXPECT_EQ(host.metric("kind_example_greetings_total"), 2);
}

TEST(KindExample, AllowsOnlyGet) {
  trellis::testing::TestHost host;
  const auto answer = host.load<KindExample>().request({.method = "DELETE"});
  EXPECT_EQ(answer.status(), 405u);
  EXPECT_EQ(answer.header("allow"), "GET");
}

// What the contract promises of every service, with samples of this one.
struct KindExampleSamples : trellis::testing::ServiceSamples {
  using Plugin = KindExample;
  static std::vector<trellis::testing::AnsweredRequest> requests() {
    return {{{.path = "/Ada"}, 200}, {{.method = "DELETE"}, 405}};
  }
};
TRELLIS_CONTRACT_SUITE(Service, KindExampleSamples);

#include "../kind_example.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/contract/authenticator.hpp>
#include <trellis/testing/test_host.hpp>

namespace {

using trellis::AuthVerdict;

constexpr const char* kSettings = R"({"clients": [{"name": "boiler", "password": "s3cret"}]})";

TEST(KindExample, AllowsTheRightPassword) {
  trellis::testing::TestHost host;
  const auto client = host.load<KindExample>(kSettings).connect({.username = "boiler", .password = "s3cret"});
  EXPECT_EQ(client.verdict(), AuthVerdict::allow);
  EXPECT_EQ(client.outcome().name, "boiler");
}

TEST(KindExample, DeniesOthers) {
  trellis::testing::TestHost host;
  auto authenticator = host.load<KindExample>(kSettings);
  EXPECT_TRUE(authenticator.connect({.username = "boiler", .password = "s3cres"}).denied());
  EXPECT_TRUE(authenticator.connect({.username = "boiler", .password = ""}).denied());
  EXPECT_TRUE(authenticator.connect({.username = "nobody", .password = ""}).denied());
}

TEST(KindExample, LeavesClientsWithoutAPasswordToOthers) {
  trellis::testing::TestHost host;
  EXPECT_EQ(host.load<KindExample>(kSettings).connect({.username = "boiler"}).verdict(), AuthVerdict::defer);
}

TEST(KindExample, RefusesANameThatIsThereTwice) {
  trellis::testing::TestHost host;
  EXPECT_EQ(
      host.refusal<KindExample>(R"({"clients": [{"name": "a", "password": "1"}, {"name": "a", "password": "2"}]})"),
      "/clients/1/name: \"a\" is there twice");
}

// What the contract promises of every authenticator, with samples of this one.
struct KindExampleSamples : trellis::testing::AuthenticatorSamples {
  using Plugin = KindExample;
  static std::string settings() { return kSettings; }
  static std::vector<std::string> wrong_settings() { return {R"({"clients": "boiler"})"}; }
  static std::vector<trellis::testing::Client> allowed() { return {{.username = "boiler", .password = "s3cret"}}; }
  static std::vector<trellis::testing::Client> denied() {
    return {
        {.username = "boiler", .password = "s3cres"}, {.username = "nobody", .password = ""}, {.username = "boiler"}};
  }
};
TRELLIS_CONTRACT_SUITE(Authenticator, KindExampleSamples);

}  // namespace

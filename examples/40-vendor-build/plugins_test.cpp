#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

#include "plugins/authenticator-badge/badge.hpp"
#include "plugins/stage-plausible/plausible.hpp"

namespace {

using trellis::AuthVerdict;

constexpr const char* kBadges = R"({"badges": [{"number": "4711", "code": "tomato"}]})";

TEST(Badge, AllowsWhoShowsTheRightCode) {
  trellis::testing::TestHost host;
  auto auth = host.load<Badge>(kBadges);
  EXPECT_EQ(auth.connect({.username = "4711", .password = "tomato"}).verdict(), AuthVerdict::allow);
  EXPECT_EQ(auth.connect({.username = "4711", .password = "potato"}).verdict(), AuthVerdict::deny);
  EXPECT_EQ(auth.connect({.username = "4712", .password = ""}).verdict(), AuthVerdict::deny);
  EXPECT_EQ(auth.connect({.username = "4711"}).verdict(), AuthVerdict::defer);
}

TEST(Badge, RefusesANumberThatIsThereTwice) {
  trellis::testing::TestHost host;
  EXPECT_EQ(host.refusal<Badge>(R"({"badges": [{"number": "1", "code": "aaaa"}, {"number": "1", "code": "bbbb"}]})"),
            "/badges/1/number: \"1\" is there twice");
}

TEST(Plausible, DropsWhatNoGreenhouseHas) {
  trellis::testing::TestHost host;
  auto stage = host.load<Plausible>(R"({"least": 0, "most": 50})");
  EXPECT_EQ(stage.publish("readings/7/temperature", "21"), trellis::Verdict::pass);
  EXPECT_EQ(stage.publish("readings/7/temperature", "51"), trellis::Verdict::drop);
  EXPECT_EQ(stage.publish("readings/7/temperature", "warm"), trellis::Verdict::drop);
  EXPECT_EQ(stage.publish("orders/7", "water"), trellis::Verdict::pass);
}

TEST(Plausible, RefusesBoundsThatLetNothingPass) {
  trellis::testing::TestHost host;
  EXPECT_EQ(host.refusal<Plausible>(R"({"least": 9, "most": 8})"),
            "/least: it is more than \"most\", so nothing would pass");
}

}  // namespace

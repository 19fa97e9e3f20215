#include "token.hpp"

#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

namespace {

using namespace std::chrono_literals;
using trellis::AuthVerdict;

constexpr const char* kSettings = R"({"clients": [{"name": "boiler", "token": "s3cret"}], "penalty": "2s"})";

TEST(Token, AllowsTheRightToken) {
  trellis::testing::TestHost host;
  auto auth = host.load<Token>(kSettings);

  auto client = auth.connect({.client_id = "b1", .username = "boiler", .password = "s3cret"});
  EXPECT_EQ(client.verdict(), AuthVerdict::allow);
  EXPECT_EQ(client.outcome().name, "boiler");
}

TEST(Token, DeniesAWrongTokenAfterAWhile) {
  trellis::testing::TestHost host;
  auto auth = host.load<Token>(kSettings);

  auto wrong = auth.connect({.username = "boiler", .password = "s3cres"});
  auto unknown = auth.connect({.username = "nobody", .password = ""});
  host.advance(1999ms);
  EXPECT_EQ(wrong.verdict(), AuthVerdict::pending);
  EXPECT_EQ(unknown.verdict(), AuthVerdict::pending);
  host.advance(1ms);
  EXPECT_EQ(wrong.verdict(), AuthVerdict::deny);
  EXPECT_EQ(wrong.outcome().status, trellis::Status::bad_credentials);
  EXPECT_EQ(unknown.verdict(), AuthVerdict::deny);
}

TEST(Token, LeavesClientsWithoutPasswordToOthers) {
  trellis::testing::TestHost host;
  EXPECT_EQ(host.load<Token>(kSettings).connect({.username = "boiler"}).verdict(), AuthVerdict::defer);
}

TEST(Token, SurvivesAClientThatLeaves) {
  trellis::testing::TestHost host;
  auto auth = host.load<Token>(kSettings);
  auth.connect({.username = "boiler", .password = "x"}).leave();
  host.advance(1h);
  EXPECT_EQ(host.late_answers(), 1u);
}

TEST(Token, RefusesANameThatIsThereTwice) {
  trellis::testing::TestHost host;
  EXPECT_EQ(host.refusal<Token>(R"({"clients": [{"name": "a", "token": "1"}, {"name": "a", "token": "2"}]})"),
            "/clients/1/name: \"a\" is there twice");
}

}  // namespace

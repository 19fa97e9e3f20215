// Who is let in without a name.
#include <gtest/gtest.h>

#include <trellis/testing/test_host.hpp>

#include "../anonymous.hpp"

namespace {

using trellis::AuthVerdict;
using trellis::testing::Client;
using trellis::testing::TestHost;

constexpr std::uint32_t kHere = TRELLIS_CREDENTIALS_LOOPBACK;

TEST(Anonymous, AllowsClientsOfThisMachineWithoutAName) {
  TestHost host;
  auto plugin = host.load<AnonymousAuthenticator>();
  auto client = plugin.connect({.flags = kHere});
  EXPECT_TRUE(client.allowed());
  EXPECT_EQ(client.outcome().name, "");
}

TEST(Anonymous, DeniesOtherMachinesUnlessToldOtherwise) {
  TestHost host;
  auto client = host.load<AnonymousAuthenticator>().connect({});
  EXPECT_EQ(client.verdict(), AuthVerdict::deny);
  EXPECT_EQ(client.outcome().reason,
            "anonymous clients are allowed from this machine only; \"remote\": true of authenticator-anonymous lets "
            "others in");
  EXPECT_TRUE(host.load<AnonymousAuthenticator>(R"({"remote": true})").connect({}).allowed());
}

TEST(Anonymous, LeavesClientsThatShowSomethingToTheNext) {
  TestHost host;
  auto plugin = host.load<AnonymousAuthenticator>();
  for (const Client& client : {Client{.username = "ada", .flags = kHere}, Client{.password = "x", .flags = kHere},
                               Client{.method = "SCRAM-SHA-256", .flags = kHere}, Client{.certificates = {"DER"}}})
    EXPECT_EQ(plugin.connect(client).verdict(), AuthVerdict::defer);
}

TEST(Anonymous, AllowsAnyCredentialsWhenToldSoButNoExchange) {
  TestHost host;
  auto plugin = host.load<AnonymousAuthenticator>(R"({"any_credentials": true})");
  auto client = plugin.connect({.username = "ada", .password = "x", .flags = kHere});
  EXPECT_TRUE(client.allowed());
  EXPECT_EQ(client.outcome().name, "") << "what was not checked is no name";
  EXPECT_EQ(plugin.connect({.username = "ada"}).verdict(), AuthVerdict::deny) << "another machine";
  EXPECT_EQ(plugin.connect({.method = "SCRAM-SHA-256", .flags = kHere}).verdict(), AuthVerdict::defer);
}

}  // namespace

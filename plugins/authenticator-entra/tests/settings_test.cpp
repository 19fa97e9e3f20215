// What a namespace may say about its issuer.
#include "settings.hpp"

#include <gtest/gtest.h>

#include <string>

namespace entra {
namespace {

using trellis::Config;

/// As it comes from the registry: defaults filled in.
Config block(const std::string& members) {
  static const std::string kDefaults = R"(, "applicationsOnly": true, "claimsAsAttributes": false,
      "applyClientGroups": false, "clockSkewInSeconds": 60, "roleAssignments": [])";
  std::string all = "{" + members;
  if (members.find("\"tenants\"") == std::string::npos) all += R"(, "tenants": [])";
  if (members.find("\"audiences\"") == std::string::npos) all += R"(, "audiences": ["https://eventgrid.azure.net"])";
  return Config::parse(all + kDefaults + "}").value();
}

std::string refusal(const std::string& members) {
  const auto settings = Settings::read(block(members));
  return settings ? "" : settings.error().text;
}

TEST(EntraSettings, NeedAnIssuerToAsk) {
  const auto settings = Settings::read(block(R"("issuer": "https://login.example.com/plant")"));
  ASSERT_TRUE(settings);
  EXPECT_EQ((*settings)->rules.issuer, "https://login.example.com/plant");
  EXPECT_TRUE((*settings)->rules.check_issuer);
  EXPECT_FALSE((*settings)->rules.not_before_required);
  EXPECT_EQ((*settings)->rules.skew, std::chrono::seconds(60));
  EXPECT_TRUE(refusal(R"("issuer": "plant")").starts_with("/issuer: "));
}

TEST(EntraSettings, TakeAnyNameOfAnIssuerWhoseKeysAreElsewhere) {
  EXPECT_EQ(refusal(R"("issuer": "plant", "jwksUri": "https://keys.example.com/")"), "");
  EXPECT_TRUE(refusal(R"("issuer": "plant", "jwksUri": "ftp://keys.example.com/")").starts_with("/jwksUri: "));
}

TEST(EntraSettings, KnowWhoseTenantsAreWelcome) {
  const std::string issuer = R"("issuer": "https://sts.windows.net/{tenantid}/")";
  const std::string keys = R"(, "jwksUri": "https://login.microsoftonline.com/common/discovery/keys")";
  EXPECT_EQ(refusal(issuer), "/issuer: with {tenantid} in it, \"jwksUri\" is needed as well");
  EXPECT_EQ(refusal(issuer + keys), "/issuer: with {tenantid} in it, \"tenants\" are needed as well");
  EXPECT_EQ(refusal(issuer + keys + R"(, "tenants": ["t1", ""])"), "/tenants/1: the tenant is empty");
  const auto settings = Settings::read(block(issuer + keys + R"(, "tenants": ["t1"])"));
  ASSERT_TRUE(settings);
  EXPECT_FALSE((*settings)->rules.check_issuer);
  EXPECT_EQ((*settings)->issuer_of("t1"), "https://sts.windows.net/t1/");
}

TEST(EntraSettings, AcceptSomeAudience) {
  EXPECT_EQ(refusal(R"("issuer": "https://login.example.com", "audiences": [])"),
            "/audiences: without any, no token is accepted");
}

}  // namespace
}  // namespace entra

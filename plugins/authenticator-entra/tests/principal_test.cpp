// Who a believed token speaks of: tenants, users and applications, names, what role assignments may call it.
#include "principal.hpp"

#include <gtest/gtest.h>

#include <string>

namespace entra {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kTenant = "11111111-2222-3333-4444-555555555555";

jose::Claims claims(const std::string& members) {
  auto read = jose::Claims::parse("{" + members + "}");
  if (!read) throw std::runtime_error(read.error().text);
  return std::move(*read);
}

Principal let_in(const std::string& members, const Settings& settings = {}) {
  auto principal = principal_of(claims(members), settings);
  if (!principal) throw std::runtime_error(principal.error().text);
  return std::move(*principal);
}

std::string refusal(const std::string& members, const Settings& settings = {}) {
  const auto principal = principal_of(claims(members), settings);
  if (principal) return "let in as " + principal->name;
  EXPECT_EQ(principal.error().status, trellis::Status::not_authorized);
  return principal.error().text;
}

std::string attribute(const Principal& principal, std::string_view name) {
  for (const auto& [key, value] : principal.attributes) {
    if (key == name) return value;
  }
  return "";
}

Settings of_tenants(std::vector<std::string> tenants) {
  Settings settings;
  settings.tenants = std::move(tenants);
  return settings;
}

TEST(EntraName, IsTheObjectIdOfThePrincipal) {
  EXPECT_EQ(let_in(R"("appid": "a1", "oid": "0b1c", "sub": "other")").name, "0b1c");
}

TEST(EntraName, IsTheSubjectWhereTheIssuerHasNoObjectIds) {
  EXPECT_EQ(let_in(R"("sub": "press-04")").name, "press-04");
}

TEST(EntraName, IsNotTheSubjectWhereTheObjectIdIsDamaged) {
  const std::string nobody = "the token names nobody ('oid' or 'sub')";
  EXPECT_EQ(refusal(R"("appid": "a1", "oid": 7, "sub": "press-04")"), nobody);
  EXPECT_EQ(refusal(R"("appid": "a1", "oid": null, "sub": "press-04")"), nobody);
  EXPECT_EQ(refusal(R"("appid": "a1", "oid": "", "sub": "press-04")"), nobody);
  EXPECT_EQ(refusal(R"("name": "press-04")"), nobody);
}

TEST(EntraName, HasAtMost128Characters) {
  std::string umlauts;
  for (int i = 0; i < 128; ++i) umlauts += "ü";
  EXPECT_EQ(let_in(R"("appid": "a1", "oid": ")" + umlauts + "\"").name, umlauts);
  EXPECT_EQ(refusal(R"("appid": "a1", "oid": ")" + umlauts + "ü\""), "the token's name ('oid' or 'sub') is too long");
}

TEST(EntraName, HasNoControlCharacters) {
  const std::string why = "the token's name ('oid' or 'sub') has control characters";
  EXPECT_EQ(refusal(R"("appid": "a1", "oid": "a\u0000b")"), why);
  EXPECT_EQ(refusal(R"("appid": "a1", "oid": "a\nb")"), why);
}

TEST(EntraTenant, HasToBeOneOfTheList) {
  const Settings settings = of_tenants({"t1", std::string(kTenant)});
  const std::string who = R"("appid": "a1", "oid": "0b1c", "tid": )";
  EXPECT_EQ(let_in(who + '"' + std::string(kTenant) + '"', settings).name, "0b1c");
  EXPECT_EQ(refusal(who + R"("t2")", settings), "the token's tenant ('tid') is another one");
  EXPECT_EQ(refusal(who + R"("T1")", settings), "the token's tenant ('tid') is another one");
  EXPECT_EQ(refusal(who + R"(["t1"])", settings), "the token has no tenant ('tid')");
  EXPECT_EQ(refusal(R"("appid": "a1", "oid": "0b1c")", settings), "the token has no tenant ('tid')");
}

TEST(EntraTenant, IsNotAskedForWithoutAList) {
  EXPECT_EQ(let_in(R"("appid": "a1", "oid": "0b1c", "tid": "anything")").name, "0b1c");
  EXPECT_EQ(let_in(R"("appid": "a1", "oid": "0b1c")").name, "0b1c");
}

TEST(EntraTenant, MayHaveAnIssuerOfItsOwn) {
  Settings settings = of_tenants({"t1", "t2"});
  settings.issuer = "https://sts.windows.net/{tenantid}/";
  const std::string who = R"("appid": "a1", "oid": "0b1c", "tid": "t1", "iss": )";
  EXPECT_EQ(let_in(who + R"("https://sts.windows.net/t1/")", settings).name, "0b1c");
  EXPECT_EQ(refusal(who + R"("https://sts.windows.net/t2/")", settings), "the token's issuer ('iss') is another one");
  EXPECT_EQ(refusal(who + R"("https://sts.windows.net/{tenantid}/")", settings),
            "the token's issuer ('iss') is another one");
  EXPECT_EQ(refusal(R"("appid": "a1", "oid": "0b1c", "tid": "t1")", settings),
            "the token's issuer ('iss') is another one");
}

TEST(EntraApplications, AreToldFromUsersByIdtyp) {
  const std::string user = "the token speaks for a user; only applications and managed identities are let in";
  EXPECT_EQ(let_in(R"("oid": "0b1c", "idtyp": "app")").name, "0b1c");
  EXPECT_EQ(refusal(R"("oid": "0b1c", "idtyp": "user")"), user);
  EXPECT_EQ(refusal(R"("sub": "0b1c", "idtyp": ["app"])"), user);
  EXPECT_EQ(let_in(R"("oid": "0b1c", "idtyp": "app", "scp": "x")").name, "0b1c");
}

TEST(EntraApplications, AreToldFromUsersByScopesWhereThereIsNoIdtyp) {
  EXPECT_TRUE(refusal(R"("oid": "0b1c", "scp": "user_impersonation")").starts_with("the token speaks for a user"));
  EXPECT_EQ(let_in(R"("appid": "a1", "oid": "0b1c", "roles": ["tell"])").name, "0b1c");
  // Without an oid it is another issuer's token, which may mean anything by scp.
  EXPECT_EQ(let_in(R"("sub": "press-04", "scp": ["tell"])").name, "press-04");
}

TEST(EntraApplications, AreNamedByTheirAccessTokens) {
  EXPECT_EQ(let_in(R"("oid": "0b1c", "appid": "a1")").name, "0b1c");
  EXPECT_EQ(let_in(R"("oid": "0b1c", "azp": "a1")").name, "0b1c");
  // As an ID token of a user is: for the application, but not given to one.
  for (const char* none : {"", R"(, "azp": "")", R"(, "appid": 7)", R"(, "azp": ["a1"])"}) {
    EXPECT_TRUE(
        refusal(R"("oid": "0b1c", "name": "Ada")" + std::string(none)).starts_with("the token speaks for a user"))
        << none;
  }
  EXPECT_EQ(let_in(R"("oid": "0b1c", "idtyp": "app")").name, "0b1c") << "said outright";
}

TEST(EntraApplications, AreNotAloneWhereUsersAreWelcome) {
  Settings settings;
  settings.applications_only = false;
  EXPECT_EQ(let_in(R"("oid": "0b1c", "scp": "user_impersonation")", settings).name, "0b1c");
  EXPECT_EQ(let_in(R"("oid": "0b1c", "idtyp": "user")", settings).name, "0b1c");
}

TEST(EntraPrincipals, AreObjectSubjectGroupsAndRoles) {
  const auto principal = let_in(R"("appid": "a1", "oid": "o", "sub": "s", "groups": ["g1", "g2"], "roles": ["r"])");
  EXPECT_EQ(attribute(principal, "trellis:principals"), R"(["o","s","g1","g2","r"])");
}

TEST(EntraPrincipals, AreNamedOnceAndOnlyByTexts) {
  const auto principal = let_in(
      R"("appid": "a1", "oid": "o", "sub": "o", "groups": ["g", 7, "o", null, ["x"], ""], "roles": {"r": true})");
  EXPECT_EQ(attribute(principal, "trellis:principals"), R"(["o","g"])");
  EXPECT_EQ(attribute(let_in(R"("sub": "s", "roles": "r\"1")"), "trellis:principals"), R"(["s","r\"1"])");
}

TEST(EntraExpiry, IsThatOfTheTokenAndTheSkew) {
  EXPECT_EQ(let_in(R"("sub": "s", "exp": 1000)").expires, milliseconds(1'060'000));
  Settings settings;
  settings.rules.skew = std::chrono::seconds(0);
  EXPECT_EQ(let_in(R"("sub": "s", "exp": 1000.9)", settings).expires, milliseconds(1'000'000));
  EXPECT_EQ(let_in(R"("sub": "s", "exp": 1e300)", settings).expires, milliseconds(253'402'300'799'000));
}

TEST(EntraAttributes, AreNoneUnlessClaimsAreMeantToBe) {
  EXPECT_EQ(let_in(R"("appid": "a1", "oid": "o", "hall": "north")").attributes.size(), 1u);
}

TEST(EntraAttributes, AreClaimsWhereTheyAreMeantToBe) {
  Settings settings;
  settings.claims_as_attributes = true;
  const auto principal = let_in(
      R"("appid": "a1", "oid": "o", "hall": "north", "floor": 3, "halls": ["a", "b"], "aud": "x", "big": 2147483648, "fast": true,
         "trellis:principals": ["admin"], "http://x/y": "z")",
      settings);
  EXPECT_EQ(attribute(principal, "hall"), R"("north")");
  EXPECT_EQ(attribute(principal, "floor"), "3");
  EXPECT_EQ(attribute(principal, "halls"), R"(["a","b"])");
  EXPECT_EQ(attribute(principal, "oid"), R"("o")");
  EXPECT_EQ(attribute(principal, "trellis:principals"), R"(["o"])") << "a claim must not add to it";
  EXPECT_EQ(principal.attributes.size(), 6u) << "neither aud nor what is no attribute";
}

}  // namespace
}  // namespace entra

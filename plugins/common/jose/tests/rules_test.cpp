#include "common/jose/rules.hpp"

#include <gtest/gtest.h>

namespace jose {
namespace {

using std::chrono::seconds;

const Rules kRules{.issuer = "https://issuer", .audiences = {"broker.example", "https://other/"}};

std::string judged(std::string_view payload, seconds now = seconds(1000), const Rules& rules = kRules,
                   std::optional<std::string> type = "JWT") {
  const auto good = check_claims({.type = std::move(type)}, Claims::parse(payload).value(), rules, now);
  return good ? "good" : good.error().text;
}

std::string claims(std::string_view audience, std::string_view issuer = R"("https://issuer")") {
  return R"({"iss":)" + std::string(issuer) + R"(,"aud":)" + std::string(audience) + R"(,"exp":2000,"nbf":500})";
}

TEST(Rules, ComparesTheIssuerExactly) {
  EXPECT_EQ(judged(claims("\"broker.example\"")), "good");
  for (const char* wrong : {R"("https://issuer/")", R"("HTTPS://issuer")", R"("")", R"("https://issuer ")"}) {
    EXPECT_EQ(judged(claims("\"broker.example\"", wrong)), "the token's issuer ('iss') is another one") << wrong;
  }
  EXPECT_EQ(judged(R"({"aud":"broker.example","exp":2000,"nbf":500})"), "the token has no issuer ('iss')");
}

TEST(Rules, WantsOneOfTheAudiencesWithOrWithoutASlash) {
  for (const char* right : {R"("broker.example/")", R"(["broker.example"])", R"(["x","broker.example/"])",
                            R"("https://other")", R"("https://other/")"}) {
    EXPECT_EQ(judged(claims(right)), "good") << right;
  }
  for (const char* wrong : {R"("")", R"("/")", "[]", R"(["x"])", R"("broker.example//")", R"("Broker.example")",
                            R"("broker.example.evil")", R"("broker")"}) {
    EXPECT_EQ(judged(claims(wrong)), "the token's audience ('aud') is another one") << wrong;
  }
  EXPECT_EQ(judged(R"({"iss":"https://issuer","exp":2000,"nbf":500})"), "the token has no audience ('aud')");
}

TEST(Rules, OpenNothingWithoutAnyAudience) {
  EXPECT_EQ(judged(claims("\"broker.example\""), seconds(1000), {.issuer = "https://issuer"}),
            "the token's audience ('aud') is another one");
}

TEST(Rules, AllowTheClocksToDifferByTheSkewAndNotMore) {
  const std::string payload = claims("\"broker.example\"");
  EXPECT_EQ(judged(payload, seconds(2059)), "good");
  EXPECT_EQ(judged(payload, seconds(2060)), "the token is expired");
  EXPECT_EQ(judged(payload, seconds(440)), "good");
  EXPECT_EQ(judged(payload, seconds(439)), "the token is not valid yet");
  Rules strict = kRules;
  strict.skew = seconds(0);
  EXPECT_EQ(judged(payload, seconds(1999), strict), "good");
  EXPECT_EQ(judged(payload, seconds(2000), strict), "the token is expired");
  EXPECT_EQ(judged(payload, seconds(500), strict), "good");
  EXPECT_EQ(judged(payload, seconds(499), strict), "the token is not valid yet");
}

TEST(Rules, WantTimesUnlessToldOtherwise) {
  const std::string start = R"({"iss":"https://issuer","aud":"broker.example")";
  EXPECT_EQ(judged(start + R"(,"nbf":500})"), "the token has no expiry ('exp')");
  EXPECT_EQ(judged(start + R"(,"exp":2000})"), "the token has no beginning ('nbf')");
  Rules lenient = kRules;
  lenient.expiry_required = false;
  lenient.not_before_required = false;
  EXPECT_EQ(judged(start + "}", seconds(1000), lenient), "good");
  EXPECT_EQ(judged(start + R"(,"exp":900})", seconds(1000), lenient), "the token is expired");
}

TEST(Rules, TakeTheTypesOfTheirListInAnyCaseOrNone) {
  const std::string payload = claims("\"broker.example\"");
  for (const char* type : {"JWT", "jwt", "JWS", "application/jwt"}) {
    EXPECT_EQ(judged(payload, seconds(1000), kRules, type), "good") << type;
  }
  EXPECT_EQ(judged(payload, seconds(1000), kRules, std::nullopt), "good");
  for (const char* type : {"", "JWE", "at+jwt", "application/"}) {
    EXPECT_EQ(judged(payload, seconds(1000), kRules, type), "the token is of another type ('typ')") << type;
  }
}

TEST(Rules, LeaveIssuerAndAudienceToTheCallerWhereToldSo) {
  const Rules rules{.check_issuer = false, .check_audience = false};
  EXPECT_EQ(judged(R"({"exp":2000,"nbf":500})", seconds(1000), rules), "good");
}

}  // namespace
}  // namespace jose

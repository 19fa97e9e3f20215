#include "common/jose/claims.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace jose {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string refusal(std::string_view payload) {
  const auto claims = Claims::parse(payload);
  return claims ? "taken" : claims.error().text;
}

TEST(Claims, GiveWhatIsRegisteredByName) {
  const auto claims = Claims::parse(
      R"({"iss":"me","sub":"ada","aud":"here","exp":1700000000,"nbf":1600000000.9,"iat":1.5e9,"jti":"7","x":true})");
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->issuer(), "me");
  EXPECT_EQ(claims->subject(), "ada");
  EXPECT_EQ(claims->id(), "7");
  EXPECT_THAT(claims->audiences(), ElementsAre("here"));
  EXPECT_EQ(claims->expires(), seconds(1'700'000'000));
  EXPECT_EQ(claims->not_before(), seconds(1'600'000'000));
  EXPECT_EQ(claims->issued_at(), seconds(1'500'000'000));
  EXPECT_EQ(claims->find("x")->type, trellis::json::Type::boolean);
  EXPECT_EQ(claims->text("x"), std::nullopt);
}

TEST(Claims, AreAbsentWhereTheTokenHasThemNot) {
  const auto claims = Claims::parse("{}");
  ASSERT_TRUE(claims);
  EXPECT_EQ(claims->issuer(), std::nullopt);
  EXPECT_EQ(claims->expires(), std::nullopt);
  EXPECT_THAT(claims->audiences(), IsEmpty());
}

TEST(Claims, GoThroughAllOthersInTheirOrderAlsoAfterAMove) {
  auto parsed = Claims::parse(R"({"z":1,"iss":"me","a":["x"],"exp":5,"iat":1,"m":null})");
  ASSERT_TRUE(parsed);
  const Claims claims = std::move(*parsed);
  std::vector<std::string> seen;
  claims.for_each_other([&](std::string_view name, const trellis::json::Value& value) {
    seen.push_back(std::string(name) + "=" + std::string(value.source));
  });
  EXPECT_THAT(seen, ElementsAre("z=1", "a=[\"x\"]", "m=null"));
}

TEST(Claims, TakeAnAudienceInBothForms) {
  EXPECT_THAT(Claims::parse(R"({"aud":["a","b"]})")->audiences(), ElementsAre("a", "b"));
  EXPECT_THAT(Claims::parse(R"({"aud":[]})")->audiences(), IsEmpty());
  for (const char* wrong : {R"({"aud":7})", R"({"aud":null})", R"({"aud":{"a":"b"}})", R"({"aud":["a",7]})"}) {
    EXPECT_EQ(refusal(wrong), "the token's claim 'aud' is not text or a list of texts") << wrong;
  }
}

TEST(Claims, AreRefusedInTheWrongForm) {
  EXPECT_EQ(refusal(R"({"sub":7})"), "the token's claim 'sub' is not text");
  EXPECT_EQ(refusal(R"({"iss":["a"]})"), "the token's claim 'iss' is not text");
  EXPECT_EQ(refusal(R"({"jti":null})"), "the token's claim 'jti' is not text");
  EXPECT_EQ(refusal(R"({"exp":"1700000000"})"), "the token's claim 'exp' is not a number");
  EXPECT_EQ(refusal(R"({"nbf":true})"), "the token's claim 'nbf' is not a number");
  EXPECT_EQ(refusal("[]"), "the token's payload is not a JSON object");
  EXPECT_EQ(refusal("{\"sub\":\"\xC0\xAF\"}"), "the token's payload is not UTF-8");
  EXPECT_EQ(refusal(""), "the token's payload cannot be read: JSON, byte 0: expected a value");
}

TEST(Claims, AreSaidOnce) {
  EXPECT_EQ(refusal(R"({"sub":"ada","sub":"eve"})"),
            "the token's payload cannot be read: JSON, byte 18: expected every key once, not \"sub\" again");
  EXPECT_EQ(refusal(R"({"sub":"ada","\u0073ub":"eve"})"),
            "the token's payload cannot be read: JSON, byte 23: expected every key once, not \"sub\" again")
      << "also where it is written in another way";
}

TEST(Claims, KeepTimesWithinWhatCanBeReckonedWith) {
  const auto exp = [](std::string_view number) {
    return *Claims::parse(R"({"exp":)" + std::string(number) + "}")->expires();
  };
  EXPECT_EQ(exp("-5"), seconds(0));
  EXPECT_EQ(exp("-1e300"), seconds(0));
  EXPECT_EQ(exp("9223372036854775807"), seconds(253'402'300'799));
  EXPECT_EQ(exp("99999999999999999999999"), seconds(253'402'300'799));
  EXPECT_EQ(exp("1e300"), seconds(253'402'300'799));
}

}  // namespace
}  // namespace jose

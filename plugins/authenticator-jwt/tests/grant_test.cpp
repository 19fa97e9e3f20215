#include "grant.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace jwt {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Pair;

trellis::Result<Grant> grant(const std::string& further, const std::string& subject = "ada") {
  return grant_of(jose::Claims::parse(R"({"exp":1000,"sub":")" + subject + "\"" + further + "}").value(), seconds(60));
}

TEST(Grant, KeepsWholeNumbersTextsAndListsOfTexts) {
  const auto given = grant(R"(,"a":5,"b":-2147483648,"c":2147483647,"d":"x\"y","e":["p","q"],"f":[],"G_7":"h")");
  ASSERT_TRUE(given);
  EXPECT_THAT(given->attributes,
              ElementsAre(Pair("a", "5"), Pair("b", "-2147483648"), Pair("c", "2147483647"), Pair("d", R"("x\"y")"),
                          Pair("e", R"(["p","q"])"), Pair("f", "[]"), Pair("G_7", "\"h\"")));
  EXPECT_EQ(given->name, "ada");
  EXPECT_EQ(given->expires, seconds(1060));
}

TEST(Grant, DropsEverythingElseSilently) {
  const auto given =
      grant(R"(,"a":true,"b":1.5,"c":2147483648,"d":-2147483649,"e":[1,2],"f":["x",1],"g":{"h":1},)"
            R"("i":null,"j":1e3,"iss":"x","aud":"y","nbf":1,"iat":2,"jti":"z","trellis:principals":["p"])");
  ASSERT_TRUE(given);
  EXPECT_THAT(given->attributes, ElementsAre());
}

TEST(Grant, DropsNamesThatNoAttributeCanHave) {
  const auto given = grant(R"(,"http://a":"x","b c":"x","d-e":1,"":"x","f.g":["x"],"\u00e9":"x","h":"x")");
  ASSERT_TRUE(given);
  EXPECT_THAT(given->attributes, ElementsAre(Pair("h", "\"x\"")));
}

TEST(Grant, NeedsASubjectThatCanBeAName) {
  EXPECT_TRUE(grant("", std::string(512, 'a')));
  EXPECT_TRUE(grant("", "Zoë +#/ 7"));
  for (const std::string& subject :
       {std::string(), std::string(513, 'a'), std::string("a\\u0000b"), std::string("a\\nb"), std::string("\\u007f")}) {
    const auto given = grant("", subject);
    ASSERT_FALSE(given) << subject;
    EXPECT_EQ(given.error().text, "the token's subject ('sub') is empty, too long, or has control characters");
  }
  EXPECT_EQ(grant_of(jose::Claims::parse(R"({"exp":1})").value(), seconds(0)).error().text,
            "the token has no subject ('sub')");
}

}  // namespace
}  // namespace jwt

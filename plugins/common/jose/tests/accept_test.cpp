#include "common/jose/accept.hpp"

#include <gtest/gtest.h>

#include "common/jose/testing/signer.hpp"

namespace jose {
namespace {

using std::chrono::seconds;
using testing::Signer;
using trellis::Status;

constexpr std::string_view kPayload = R"({"iss":"me","sub":"ada","aud":"here","exp":2000,"nbf":500})";

class Accept : public ::testing::Test {
 protected:
  Accept() { EXPECT_TRUE(keys_.add_pem(signer_.certificate(), "k1")); }

  trellis::Result<Claims> judge(std::string_view payload, std::string_view kid = "k1", seconds now = seconds(1000)) {
    const auto token = Token::parse(signer_.token(payload, kid));
    return accept(*token, keys_, {Algorithm::eddsa}, {.issuer = "me", .audiences = {"here"}}, now);
  }

  const Signer signer_{Algorithm::eddsa};
  KeySet keys_;
};

TEST_F(Accept, GivesTheClaims) {
  const auto claims = judge(kPayload);
  ASSERT_TRUE(claims) << claims.error().text;
  EXPECT_EQ(claims->subject(), "ada");
}

TEST_F(Accept, TellsByTheStatusWhetherOtherKeysMayHelp) {
  EXPECT_EQ(judge(kPayload, "k2").error().status, Status::no_match);
  EXPECT_EQ(judge(kPayload, "k1", seconds(5000)).error().status, Status::not_authorized);
  EXPECT_EQ(judge("no claims").error().status, Status::invalid);
}

TEST_F(Accept, ReadsNothingThatIsNotSigned) {
  std::string text = signer_.token("no claims", "k1");
  text[text.size() - 5] = text[text.size() - 5] == 'A' ? 'B' : 'A';
  const auto claims = accept(*Token::parse(text), keys_, AlgorithmSet::all(), {}, seconds(1000));
  EXPECT_EQ(claims.error().text, "the signature of the token is wrong");
}

}  // namespace
}  // namespace jose

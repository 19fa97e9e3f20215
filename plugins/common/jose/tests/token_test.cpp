#include "common/jose/token.hpp"

#include <gtest/gtest.h>

#include "common/jose/base64url.hpp"

namespace jose {
namespace {

using trellis::Status;

std::string compact(std::string_view header, std::string_view payload = "{}") {
  return to_base64url(header) + "." + to_base64url(payload) + "." + to_base64url("signature");
}

trellis::Error refusal(std::string_view text, const Limits& limits = {}) {
  const auto token = Token::parse(text, limits);
  return token ? trellis::fail("taken") : token.error();
}

TEST(Token, IsTakenApart) {
  const std::string text = compact(R"({"alg":"ES256","kid":"k1","typ":"JWT","x5t":"ignored"})", R"({"sub":"ada"})");
  const auto token = Token::parse(text);
  ASSERT_TRUE(token) << token.error().text;
  EXPECT_EQ(token->header().algorithm, Algorithm::es256);
  EXPECT_EQ(token->header().kid, "k1");
  EXPECT_EQ(token->header().type, "JWT");
  EXPECT_EQ(token->payload(), R"({"sub":"ada"})");
  EXPECT_EQ(token->signature(), "signature");
  EXPECT_EQ(token->signing_input(), text.substr(0, text.rfind('.')));
}

TEST(Token, KnowsNeitherNoneNorSymmetricAlgorithms) {
  for (const char* name : {"none", "None", "nOnE", "HS256", "HS384", "HS512", "rs256", "RS1", "ES256K", ""}) {
    const auto error = refusal(compact(R"({"alg":")" + std::string(name) + "\"}"));
    EXPECT_EQ(error.status, Status::not_authorized) << name;
    EXPECT_EQ(error.text, "the token's algorithm is \"" + std::string(name) +
                              "\", not one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA");
  }
  EXPECT_NE(refusal(compact(R"({"alg":")" + std::string(100, 'x') + "\"}")).text.find("is a long text,"),
            std::string::npos);
}

TEST(Token, RefusesAnEmptySignature) {
  const std::string text = to_base64url(R"({"alg":"RS256"})") + "." + to_base64url("{}") + ".";
  EXPECT_EQ(refusal(text).text, "the token has no signature");
}

TEST(Token, RefusesExtensionsItHasToUnderstand) {
  EXPECT_EQ(refusal(compact(R"({"alg":"RS256","crit":["b64"],"b64":false})")).text,
            "the token's header asks for extensions by 'crit'; none is supported");
}

TEST(Token, HasExactlyThreeParts) {
  const std::string part = to_base64url(R"({"alg":"RS256"})");
  for (const std::string& text : {std::string(), part, part + "." + part, part + ".a.b.c.d", std::string("..")}) {
    EXPECT_EQ(refusal(text).status, Status::invalid) << text;
  }
  EXPECT_EQ(refusal(part + "." + part + ".QQ.QQ.QQ").text, "the token does not have the three parts of a signed one");
}

TEST(Token, IsBase64urlWithoutPaddingAndInOneWayOnly) {
  const std::string header = to_base64url(R"({"alg":"RS256"})");
  for (const char* rest : {".e30.QQ==", ".e30=.QQ", ".e31.QQ", ".e30.QR", ".e30.Q+Q", ".e 30.QQ", ".e30.QQ\n"}) {
    EXPECT_EQ(refusal(header + rest).text, "a part of the token is not base64url without padding") << rest;
  }
  EXPECT_TRUE(Token::parse(header + ".e30.QQ"));
}

TEST(Token, SaysEveryNameOfItsHeaderOnce) {
  EXPECT_EQ(refusal(compact(R"({"alg":"RS256","kid":"a","kid":"b"})")).text,
            "the token's header cannot be read: JSON, byte 30: expected every key once, not \"kid\" again");
}

TEST(Token, RefusesAHeaderOfTheWrongForm) {
  for (const char* header : {"", "null", "[]", "\"x\"", "{", "{}", R"({"alg":null})", R"({"alg":"RS256","kid":7})",
                             R"({"alg":"RS256","typ":["JWT"]})", "{\"alg\":\"RS256\",\"kid\":\"\xff\"}"}) {
    EXPECT_EQ(refusal(compact(header)).status, Status::invalid) << header;
  }
  const std::string deep = R"({"alg":"RS256","x":)" + std::string(100, '[') + std::string(100, ']') + "}";
  EXPECT_NE(refusal(compact(deep)).text.find("no deeper nesting"), std::string::npos);
}

TEST(Token, IsBounded) {
  const std::string huge(8193, 'a');
  EXPECT_EQ(refusal(huge).text, "the token has 8193 bytes, at most 8192 are taken");
  EXPECT_EQ(refusal(compact(R"({"alg":"RS256"})"), {.token_bytes = 10}).status, Status::invalid);
  const std::string long_header = R"({"alg":"RS256","x5c":")" + std::string(2100, 'a') + "\"}";
  EXPECT_EQ(refusal(compact(long_header)).text, "the token's header has more than 2048 bytes");
  const std::string payload(6000, 'a');
  EXPECT_TRUE(Token::parse(compact(R"({"alg":"RS256"})", payload)));
}

}  // namespace
}  // namespace jose

#include "common/jose/signature.hpp"

#include <gtest/gtest.h>
#include <openssl/hmac.h>

#include "common/jose/base64url.hpp"
#include "common/jose/testing/signer.hpp"

namespace jose {
namespace {

using testing::Signer;
using trellis::Status;

constexpr Algorithm kAll[] = {Algorithm::rs256, Algorithm::rs384, Algorithm::rs512, Algorithm::ps256, Algorithm::ps384,
                              Algorithm::ps512, Algorithm::es256, Algorithm::es384, Algorithm::es512, Algorithm::eddsa};

KeySet keys_of(const Signer& signer, std::optional<std::string> kid = std::nullopt) {
  KeySet keys;
  EXPECT_TRUE(keys.add_pem(signer.public_key(), std::move(kid)));
  return keys;
}

trellis::Error judged(const std::string& text, const KeySet& keys, AlgorithmSet allowed = AlgorithmSet::all()) {
  const auto token = Token::parse(text);
  if (!token) return token.error();
  const auto good = check_signature(*token, keys, allowed);
  return good ? trellis::fail("good", Status::ok) : good.error();
}

const Signer& rsa() {
  static const Signer signer;
  return signer;
}

// Making an RSA key takes long: all of those algorithms share one.
Signer signer_of(Algorithm algorithm) {
  return algorithm <= Algorithm::ps512 ? rsa().as(algorithm) : Signer(algorithm);
}

TEST(Signature, OfEveryAlgorithmHoldsWithItsKey) {
  const Signer other_rsa;
  for (const Algorithm algorithm : kAll) {
    const Signer signer = signer_of(algorithm);
    EXPECT_EQ(judged(signer.token("{}"), keys_of(signer)).text, "good") << to_text(algorithm);
    const KeySet others = algorithm <= Algorithm::ps512 ? keys_of(other_rsa) : keys_of(Signer(algorithm));
    EXPECT_EQ(judged(signer.token("{}"), others).text, "the signature of the token is wrong") << to_text(algorithm);
  }
}

TEST(Signature, NeedsAnAllowedAlgorithm) {
  const auto error = judged(rsa().token("{}"), keys_of(rsa()), {Algorithm::es256, Algorithm::rs512});
  EXPECT_EQ(error.text, "the token is signed with RS256; allowed is RS512, ES256");
  EXPECT_EQ(error.status, Status::not_authorized);
}

TEST(Signature, IsCheckedWithKeysOfItsKindOnly) {
  const KeySet keys = keys_of(Signer(Algorithm::es256));
  for (const Algorithm algorithm : kAll) {
    if (algorithm == Algorithm::es256) continue;
    const auto error = judged(signer_of(algorithm).token("{}"), keys);
    EXPECT_EQ(error.status, Status::no_match) << to_text(algorithm);
    EXPECT_EQ(error.text, "no known key fits the algorithm of the token");
  }
}

// The public key is no secret: who could use it as one for HMAC would sign for everybody.
TEST(Signature, ByHmacWithThePublicKeyIsNone) {
  const std::string secret = rsa().public_key();
  const std::string input = to_base64url(R"({"alg":"HS256"})") + "." + to_base64url("{}");
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  ASSERT_NE(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                 reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac, &size),
            nullptr);
  const std::string text = input + "." + to_base64url({reinterpret_cast<const char*>(mac), size});
  EXPECT_EQ(judged(text, keys_of(rsa())).status, Status::not_authorized);
  // Nor does it help to lie about the algorithm.
  const std::string lie = to_base64url(R"({"alg":"RS256"})") + "." + to_base64url("{}") + text.substr(text.rfind('.'));
  EXPECT_EQ(judged(lie, keys_of(rsa())).text, "the signature of the token is wrong");
}

TEST(Signature, UsesTheKeyTheTokenNames) {
  const Signer other;
  KeySet keys = keys_of(rsa(), "a");
  ASSERT_TRUE(keys.add_pem(other.public_key(), "b"));
  EXPECT_EQ(judged(rsa().token("{}", "a"), keys).text, "good");
  EXPECT_EQ(judged(other.token("{}", "b"), keys).text, "good");
  EXPECT_EQ(judged(rsa().token("{}", "b"), keys).text, "the signature of the token is wrong") << "the wrong kid";
  const auto unknown = judged(rsa().token("{}", "c"), keys);
  EXPECT_EQ(unknown.text, "no known key has the 'kid' of the token and fits its algorithm");
  EXPECT_EQ(unknown.status, Status::no_match);
  EXPECT_EQ(judged(rsa().token("{}", "A"), keys).status, Status::no_match) << "case matters";
  EXPECT_EQ(judged(rsa().token("{}", ""), keys).status, Status::no_match) << "an empty name is a name";
}

TEST(Signature, TriesEveryFittingKeyWhereTheTokenNamesNone) {
  KeySet keys = keys_of(Signer(Algorithm::es256), "a");
  ASSERT_TRUE(keys.add_pem(Signer().public_key(), "b"));
  ASSERT_TRUE(keys.add_pem(rsa().public_key(), "c"));
  EXPECT_EQ(judged(rsa().token("{}"), keys).text, "good");
  EXPECT_EQ(judged(rsa().token("{}"), KeySet()).status, Status::no_match);
}

TEST(Signature, TriesABoundedNumberOfKeys) {
  const Signer signer(Algorithm::eddsa);
  KeySet keys;
  for (std::size_t i = 0; i < kMostTried; ++i) {
    ASSERT_TRUE(keys.add_pem(Signer(Algorithm::eddsa).public_key(), std::nullopt));
  }
  ASSERT_TRUE(keys.add_pem(signer.public_key(), "mine"));
  EXPECT_EQ(judged(signer.token("{}"), keys).text, "the signature of the token is wrong");
  EXPECT_EQ(judged(signer.token("{}", "mine"), keys).text, "good") << "a name finds it at once";
}

TEST(Signature, HasExactlyTheSizeOfItsKind) {
  for (const Algorithm algorithm :
       {Algorithm::rs256, Algorithm::ps256, Algorithm::es256, Algorithm::es512, Algorithm::eddsa}) {
    const Signer signer = signer_of(algorithm);
    const std::string text = signer.token("{}");
    const std::string input = text.substr(0, text.rfind('.'));
    const std::string whole = *from_base64url(text.substr(text.rfind('.') + 1));
    for (const std::string& wrong : {whole.substr(0, whole.size() - 1), whole + '\0', whole.substr(0, 1), '\0' + whole,
                                     whole.substr(0, whole.size() / 2), whole + whole}) {
      EXPECT_EQ(judged(input + "." + to_base64url(wrong), keys_of(signer)).text, "the signature of the token is wrong")
          << to_text(algorithm) << " with " << wrong.size() << " bytes";
    }
  }
}

// Anybody can make such a one (CVE-2022-21449).
TEST(Signature, OfZerosIsNone) {
  const Signer signer(Algorithm::es256);
  const std::string text = signer.token("{}");
  const std::string zeros = text.substr(0, text.rfind('.')) + "." + to_base64url(std::string(64, '\0'));
  EXPECT_EQ(judged(zeros, keys_of(signer)).text, "the signature of the token is wrong");
}

TEST(Signature, LeavesNoErrorsBehindInOpenSsl) {
  std::string text = rsa().token("{}");
  text[text.size() - 20] = text[text.size() - 20] == 'A' ? 'B' : 'A';
  EXPECT_EQ(judged(text, keys_of(rsa())).text, "the signature of the token is wrong");
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace jose

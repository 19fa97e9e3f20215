#include "common/jose/key_set.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/jose/testing/signer.hpp"

namespace jose {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Signer;

const Signer& rsa() {
  static const Signer signer;
  return signer;
}

std::string pem_refusal(std::string_view pem) {
  KeySet keys;
  const auto added = keys.add_pem(pem, "k");
  EXPECT_EQ(keys.empty(), !added);
  return added ? "taken" : added.error().text;
}

KeySet::Reading read(const std::string& keys) {
  auto reading = KeySet::from_jwks(R"({"keys":[)" + keys + "]}");
  if (reading) return std::move(*reading);
  ADD_FAILURE() << reading.error().text;
  return {};
}

TEST(KeySetPem, HoldsACertificateAPublicKeyOrBothOfOneKey) {
  EXPECT_EQ(pem_refusal(rsa().certificate()), "taken");
  EXPECT_EQ(pem_refusal(rsa().public_key()), "taken");
  EXPECT_EQ(pem_refusal("a comment\n" + rsa().certificate() + rsa().public_key()), "taken");
  EXPECT_EQ(pem_refusal(rsa().public_key() + rsa().certificate()), "taken");
  for (const Algorithm algorithm : {Algorithm::es256, Algorithm::es384, Algorithm::es512, Algorithm::eddsa}) {
    const Signer signer(algorithm);
    EXPECT_EQ(pem_refusal(signer.certificate()), "taken") << to_text(algorithm);
    EXPECT_EQ(pem_refusal(signer.public_key()), "taken") << to_text(algorithm);
  }
}

TEST(KeySetPem, HoldsNoSecondKeyAndNoPrivateOne) {
  const Signer other;
  EXPECT_EQ(pem_refusal(rsa().certificate() + other.public_key()), "it holds two different keys");
  EXPECT_EQ(pem_refusal(rsa().certificate() + other.certificate()),
            "it holds more than one certificate, expected the issuer's");
  EXPECT_EQ(pem_refusal(rsa().private_key()), "it holds a private key, which belongs to the issuer alone");
}

TEST(KeySetPem, SaysWhatIsWrongWithIt) {
  EXPECT_EQ(pem_refusal(""), "it holds neither a certificate nor a public key in PEM");
  EXPECT_EQ(pem_refusal("hello"), "it holds neither a certificate nor a public key in PEM");
  EXPECT_EQ(pem_refusal("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
            "its certificate is damaged");
  EXPECT_EQ(pem_refusal("-----BEGIN CERTIFICATE-----\nMII"), "a block of it is damaged");
  EXPECT_EQ(pem_refusal("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"),
            "its block 'PUBLIC KEY' holds no public key");
  EXPECT_EQ(pem_refusal("-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n"),
            "its block 'X509 CRL' holds no public key");
  EXPECT_EQ(pem_refusal(std::string(70'000, 'x')), "it has more than 65536 bytes");
  EXPECT_EQ(ERR_peek_error(), 0u) << "errors left behind would be found by whoever uses OpenSSL next";
}

TEST(KeySetPem, RefusesWeakAndStrangeKeys) {
  EXPECT_EQ(pem_refusal(Signer(Algorithm::rs256, 1024).public_key()),
            "it is an RSA key of 1024 bits, expected 2048 to 8192");
  const PublicKey brainpool(EVP_EC_gen("brainpoolP256r1"));
  ASSERT_NE(brainpool, nullptr);
  EXPECT_EQ(Key::make(PublicKey(EVP_EC_gen("brainpoolP256r1")), "k").error().text,
            "its curve is brainpoolP256r1, not P-256, P-384 or P-521");
  EXPECT_EQ(Key::make(PublicKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519")), "k").error().text,
            "it is not an RSA, EC or Ed25519 key");
}

TEST(KeySetJwks, ReadsEveryKindOfKey) {
  for (const Algorithm algorithm :
       {Algorithm::rs256, Algorithm::es256, Algorithm::es384, Algorithm::es512, Algorithm::eddsa}) {
    const auto reading = read(Signer(algorithm).jwk("k1"));
    ASSERT_EQ(reading.keys.keys().size(), 1u) << to_text(algorithm);
    EXPECT_EQ(reading.keys.keys()[0].kid(), "k1");
    EXPECT_TRUE(reading.keys.keys()[0].fits(algorithm));
    EXPECT_THAT(reading.skipped, IsEmpty());
  }
}

TEST(KeySetJwks, LeavesOutSilentlyWhatIsForSomethingElse) {
  const auto reading = read(R"({"kty":"oct","k":"c2VjcmV0"},{"kty":"RSA","use":"enc","n":"AQAB","e":"AQAB"},)"
                            R"({"kty":"OKP","crv":"X25519","x":"AA"},{"kty":"EC","crv":"secp256k1"},)"
                            R"({"kty":"RSA","alg":"RSA-OAEP"},{"kty":"RSA","key_ops":["encrypt"]},{"kty":"AKP"},)"
                            R"({"kty":"EC","crv":"P-256","alg":"ECDH-ES"})");
  EXPECT_TRUE(reading.keys.empty());
  EXPECT_THAT(reading.skipped, IsEmpty());
}

TEST(KeySetJwks, SkipsABadKeyWithItsReasonAndKeepsTheOthers) {
  const std::string small = Signer(Algorithm::rs256, 1024).jwk("old");
  const auto reading = read(small + R"(,7,{"kid":"x"},{"kty":"RSA","n":"A-B=","e":"AQAB"},)" + rsa().jwk("good") + "," +
                            rsa().jwk("leaked", R"(,"d":"AQAB")"));
  ASSERT_EQ(reading.keys.keys().size(), 1u);
  EXPECT_EQ(reading.keys.keys()[0].kid(), "good");
  EXPECT_THAT(reading.skipped, ElementsAre("key 1 (\"old\"): it is an RSA key of 1024 bits, expected 2048 to 8192",
                                           "key 2: it is not a JSON object", "key 3 (\"x\"): it has no 'kty'",
                                           "key 4: its 'n' is not base64url without padding",
                                           "key 6 (\"leaked\"): it holds the private half too, which everybody knows "
                                           "now"));
}

TEST(KeySetJwks, RefusesNumbersThatAreNoKey) {
  const std::string zeros(43, 'A');
  EXPECT_THAT(read(R"({"kty":"EC","crv":"P-256","x":")" + zeros + R"(","y":")" + zeros + "\"}").skipped,
              ElementsAre("key 1: its numbers are no key"));
  EXPECT_THAT(read(R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})").skipped,
              ElementsAre("key 1: its coordinates do not have the size of its curve"));
  EXPECT_THAT(read(R"({"kty":"OKP","crv":"Ed25519","x":"AA"})").skipped,
              ElementsAre("key 1: its 'x' is no Ed25519 key"));
  const std::string modulus = std::string(341, '_') + 'w';
  EXPECT_THAT(read(R"({"kty":"RSA","n":")" + modulus + R"(","e":"AQ"})").skipped,
              ElementsAre(HasSubstr("public exponent")));
  EXPECT_THAT(read(R"({"kty":"RSA","n":")" + std::string(4000, '_') + R"(","e":"AQAB"})").skipped,
              ElementsAre("key 1: it is larger than an RSA key of 8192 bits"));
}

TEST(KeySetJwks, LimitsAKeyToItsAlgorithm) {
  const auto reading = read(rsa().jwk("k", R"(,"alg":"PS256")"));
  ASSERT_EQ(reading.keys.keys().size(), 1u);
  EXPECT_TRUE(reading.keys.keys()[0].fits(Algorithm::ps256));
  EXPECT_FALSE(reading.keys.keys()[0].fits(Algorithm::rs256));
  EXPECT_THAT(read(rsa().jwk("k", R"(,"alg":"ES256")")).skipped,
              ElementsAre("key 1 (\"k\"): its 'alg' is for another kind of key"));
}

TEST(KeySetJwks, IsBounded) {
  std::string many;
  const std::string key = Signer(Algorithm::eddsa).jwk("k");
  for (int i = 0; i < 70; ++i) many += (i > 0 ? "," : "") + key;
  const auto reading = read(many);
  EXPECT_EQ(reading.keys.keys().size(), KeySet::kMostKeys);
  EXPECT_THAT(reading.skipped, ElementsAre("all after 64 keys"));
  EXPECT_EQ(KeySet::from_jwks(std::string(70'000, ' ')).error().text, "the key set has more than 65536 bytes");
}

TEST(KeySetJwks, RefusesWhatIsNone) {
  for (const char* text : {"", "[]", "{}", R"({"keys":{}})", R"({"keys":[],"keys":[]})", "<html>", "{\"keys\":[]}x"}) {
    const auto reading = KeySet::from_jwks(text);
    ASSERT_FALSE(reading) << text;
    EXPECT_EQ(reading.error().status, trellis::Status::invalid);
  }
  EXPECT_TRUE(KeySet::from_jwks(R"({"keys":[]})")->keys.empty());
}

}  // namespace
}  // namespace jose

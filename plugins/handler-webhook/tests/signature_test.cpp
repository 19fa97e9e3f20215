// Signatures, checked as a receiver does.
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/base64/base64.hpp"
#include "fixture.hpp"

namespace hooks {
namespace {

using namespace hooks::testing;

constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
// The private key of RFC 8032, 7.1, test 1, and its public key.
const std::string kSeed =
    "\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4\x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03"
    "\x1c\xae\x7f\x60";
const std::string kPublic =
    "\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a\x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68"
    "\xf7\x07\x51\x1a";

std::string private_key() { return "whsk_" + common::to_base64(kSeed); }

bool verifies(std::string_view signature, std::string_view text) {
  const auto raw = common::from_base64(signature);
  const openssl::PublicKey key(EVP_PKEY_new_raw_public_key(
      EVP_PKEY_ED25519, nullptr, reinterpret_cast<const unsigned char*>(kPublic.data()), kPublic.size()));
  const openssl::DigestContext context(EVP_MD_CTX_new());
  return raw && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(raw->data()), raw->size(),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

TEST(Signature, OfAKnownMessage) {
  Signer signer;
  ASSERT_TRUE(signer.add(kSecret));
  EXPECT_EQ(signer.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Signature, OfEd25519) {
  Signer signer;
  ASSERT_TRUE(signer.add(private_key()));
  const std::string made = signer.sign("id", "7", "body");
  ASSERT_THAT(made, StartsWith("v1a,"));
  EXPECT_TRUE(verifies(made.substr(4), "id.7.body"));
  EXPECT_FALSE(verifies(made.substr(4), "id.7.bodY"));
}

TEST(Signature, AKeyMayBringItsPublicOne) {
  Signer signer;
  EXPECT_TRUE(signer.add("whsk_" + common::to_base64(kSeed + kPublic)));
  EXPECT_EQ(signer.add("whsk_" + common::to_base64(kSeed + kSeed)).error().text,
            "holds a public key that is not that of its private key");
}

TEST(Signature, TwoSecretsGiveTwo) {
  Signer signer;
  ASSERT_TRUE(signer.add(kSecret) && signer.add(private_key()));
  EXPECT_THAT(signer.sign("id", "7", "body"), ::testing::MatchesRegex("v1,[^ ]{44} v1a,[^ ]{88}"));
}

TEST(Signature, SecretsHaveAForm) {
  Signer signer;
  const auto wrong = [&](const std::string& secret) { return signer.add(secret).error().text; };
  EXPECT_THAT(wrong("abc"), HasSubstr("begins with \"whsec_\""));
  EXPECT_EQ(wrong("whsec_!!"), "is no base64 behind its prefix");
  EXPECT_EQ(wrong("whsec_" + common::to_base64(std::string(23, 'x'))), "has 23 bytes, expected 24 to 64");
  EXPECT_EQ(wrong("whsec_" + common::to_base64(std::string(65, 'x'))), "has 65 bytes, expected 24 to 64");
  EXPECT_EQ(wrong("whsk_" + common::to_base64(std::string(31, 'x'))),
            "has 31 bytes, expected 32, or 64 with the public key");
  EXPECT_FALSE(signer) << "nothing of it was taken";
}

class Signatures : public HandlerTest {};

TEST_F(Signatures, CoverWhatIsSent) {
  const auto destination =
      open(R"(, "signingSecrets": [")" + std::string(kSecret) + R"(", ")" + private_key() + R"("])");
  const Asked asked = sent(destination, {event()});
  EXPECT_EQ(asked.header("webhook-id"), asked.header("aeg-output-event-id"));
  EXPECT_EQ(asked.header("webhook-timestamp"), std::to_string(host_.wall() / 1s));
  Signer receiver;
  ASSERT_TRUE(receiver.add(kSecret));
  const std::string signature = asked.header("webhook-signature");
  const std::size_t blank = signature.find(' ');
  EXPECT_EQ(signature.substr(0, blank),
            receiver.sign(asked.header("webhook-id"), asked.header("webhook-timestamp"), asked.body));
  EXPECT_TRUE(verifies(signature.substr(blank + 5),
                       asked.header("webhook-id") + "." + asked.header("webhook-timestamp") + "." + asked.body));
}

TEST_F(Signatures, AnotherAttemptHasTheSameIdentifier) {
  const auto destination = open(R"(, "signingSecrets": [")" + std::string(kSecret) + R"("])");
  const std::string first = sent(destination, {event()}).header("webhook-id");
  EXPECT_EQ(sent(destination, {event()}, 1).header("webhook-id"), first);
  EXPECT_THAT(first, ::testing::MatchesRegex("[0-9a-f-]{36}"));
}

TEST_F(Signatures, OfListsCoverTheWholeList) {
  const auto destination = open(R"(, "maxEventsPerBatch": 9, "signingSecrets": [")" + std::string(kSecret) + R"("])");
  const Asked asked = sent(destination, {event("a"), event("b")});
  Signer receiver;
  ASSERT_TRUE(receiver.add(kSecret));
  EXPECT_EQ(asked.header("webhook-signature"),
            receiver.sign(asked.header("webhook-id"), asked.header("webhook-timestamp"), asked.body));
}

}  // namespace
}  // namespace hooks

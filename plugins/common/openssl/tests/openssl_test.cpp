// What is asked of OpenSSL again and again.
#include "common/openssl/openssl.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>

namespace openssl {
namespace {

using Time = std::unique_ptr<ASN1_TIME, Freeing<&ASN1_TIME_free>>;

void fail_to_read(std::string_view pem) {
  const Bio bio = reader_of(pem);
  EXPECT_EQ(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), nullptr);
}

TEST(OpenSsl, UnixTimeCountsMilliseconds) {
  const Time time(ASN1_TIME_set(nullptr, 1'767'225'600));
  EXPECT_EQ(unix_ms(time.get()), 1'767'225'600'000);
  EXPECT_FALSE(unix_ms(nullptr));
}

// RFC 4231, 4.3.
TEST(OpenSsl, SignsWithAKey) {
  const std::string made = hmac_sha256("Jefe", "what do ya want for nothing?");
  ASSERT_EQ(made.size(), 32u);
  EXPECT_EQ(made.substr(0, 4), "\x5b\xdc\xc1\x46");
  EXPECT_EQ(made.substr(28), "\x64\xec\x38\x43");
}

TEST(OpenSsl, TheEndOfPemIsToldFromDamage) {
  fail_to_read("nothing of that kind");
  EXPECT_TRUE(at_the_end_of_pem());
  EXPECT_EQ(last_error(), "") << "it was taken from the queue";
  fail_to_read("-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n");
  EXPECT_FALSE(at_the_end_of_pem());
  EXPECT_NE(last_error(), "");
  EXPECT_EQ(last_error(), "") << "the queue is empty then";
}

TEST(OpenSsl, ErrorsAreLeftToNobody) {
  {
    const CleanErrors clean;
    fail_to_read("nothing of that kind");
  }
  EXPECT_EQ(ERR_peek_error(), 0u);
}

}  // namespace
}  // namespace openssl

// The validity of an uploaded certificate.
#include "x509_facts/facts.hpp"

#include <gtest/gtest.h>

#include <string>

#include "x509_facts/openssl.hpp"

namespace x509_facts {
namespace {

// By `openssl req -x509`, which says of it: notBefore=Nov 26 22:40:10 2026 GMT, notAfter=Nov 23 22:40:10 2036 GMT.
constexpr std::string_view kPem = R"(-----BEGIN CERTIFICATE-----
MIIBdTCCARugAwIBAgIUfmFQJ5aAz5xou0kw8ogH6OCRFJgwCgYIKoZIzj0EAwIw
EDEOMAwGA1UEAwwFZmFjdHMwHhcNMjYxMTI2MjI0MDEwWhcNMzYxMTIzMjI0MDEw
WjAQMQ4wDAYDVQQDDAVmYWN0czBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABNDY
XY9SEwDfRRax0J2aNpsI5uoOpMip++SES8SpvjFyhw2W44W/CID4SR1NEP49LuKb
yXzEj59QmaoZSaUCIfOjUzBRMB0GA1UdDgQWBBSgBv+lmLGVxINa9CWGs8vrvxDS
yzAfBgNVHSMEGDAWgBSgBv+lmLGVxINa9CWGs8vrvxDSyzAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0gAMEUCIQCogphXQXW9cWvLMKCFQ03K2smXXuNBuVHY
epRXompJnQIgOTbr8m5j3tqV3sy+lDWnz5sXrh0/F4VqMHxqksWI6Cs=
-----END CERTIFICATE-----
)";

TEST(X509Facts, ValidityIsIso8601InUtc) {
  const auto validity = validity_of(kPem);
  ASSERT_TRUE(validity);
  EXPECT_EQ(validity->not_before, "2026-11-26T22:40:10Z");
  EXPECT_EQ(validity->not_after, "2036-11-23T22:40:10Z");
}

TEST(X509Facts, TextBeforeThePemIsLeftAlone) { EXPECT_TRUE(validity_of("subject=CN = facts\n" + std::string(kPem))); }

TEST(X509Facts, WhatIsNoCertificateHasNoValidity) {
  EXPECT_FALSE(validity_of(""));
  EXPECT_FALSE(validity_of("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
  EXPECT_FALSE(validity_of(kPem.substr(0, 200)));
  EXPECT_EQ(last_error(), "") << "nothing is left for whoever asks OpenSSL next";
}

TEST(X509Facts, UnixTimeCountsMilliseconds) {
  const std::unique_ptr<ASN1_TIME, Freeing<&ASN1_TIME_free>> time(ASN1_TIME_set(nullptr, 1'767'225'600));
  EXPECT_EQ(unix_ms(time.get()), 1'767'225'600'000);
  EXPECT_FALSE(unix_ms(nullptr));
}

}  // namespace
}  // namespace x509_facts

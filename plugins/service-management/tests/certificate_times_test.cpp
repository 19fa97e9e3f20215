// What answers tell of a certificate authority: when its certificate is good.
#include "certificate_times.hpp"

#include <gtest/gtest.h>

#include <trellis/json.hpp>

#include "fixture.hpp"

namespace management {
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

/// Knows of certificate authorities, whatever they are.
class Trusting final : public trellis::Service, public trellis::ResourceUser {
 public:
  static constexpr trellis::PluginInfo kInfo{.id = "trusting", .version = "1.0.0", .wants = {TRELLIS_HOST_RESOURCES}};

  trellis::Result<void> configure(const trellis::Config&) override {
    return declare_resources(*this, {.name = "caCertificates",
                                     .schema = trellis::Schema{}
                                                   .text("encodedCertificate")
                                                   .text("issueTimeInUtc")
                                                   .text("expiryTimeInUtc")
                                                   .text("description")
                                                   .json()});
  }
  void on_request(const trellis::Request&, trellis::Reply reply) override { reply.text("trusting"); }
};

std::string certificate(std::string_view pem, const std::string& more = "") {
  return R"({"encodedCertificate":)" + trellis::json::quote(pem) + more + "}";
}
std::string told(std::string_view pem) {
  return certificate(pem, R"(,"issueTimeInUtc":"2026-11-26T22:40:10Z","expiryTimeInUtc":"2036-11-23T22:40:10Z")");
}

class ManagementCertificateTimes : public ManagementTest {
 protected:
  ManagementCertificateTimes() { host_.load<Trusting>(); }

  static constexpr const char* kItem = "/namespaces/default/caCertificates/factory";
};

TEST_F(ManagementCertificateTimes, TheTimesOfACertificateAreInEveryAnswer) {
  const std::string put = certificate(kPem, R"(,"description":"halls")");
  for (const auto& [method, target, body] :
       {std::tuple<std::string, std::string, std::string>{"PUT", kItem, R"({"properties":)" + put + "}"},
        {"GET", kItem, ""},
        {"GET", "/namespaces/default/caCertificates", ""},
        {"DELETE", kItem, ""}}) {
    const auto answer = ask(method, target, body);
    EXPECT_LT(answer.status, 300) << answer.body;
    EXPECT_NE(answer.body.find(R"("issueTimeInUtc":"2026-11-26T22:40:10Z")"), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.find(R"("expiryTimeInUtc":"2036-11-23T22:40:10Z")"), std::string::npos) << answer.body;
  }
}

TEST_F(ManagementCertificateTimes, WhatWasReadMayBePutBack) {
  ASSERT_EQ(ask("PUT", kItem, R"({"properties":)" + told(kPem) + "}").status, 201);
  ASSERT_EQ(ask("PUT", kItem, R"({"properties":)" + told(kPem) + "}").status, 200);
}

TEST(CertificateTimes, WhatSomebodyPutThereIsReplaced) {
  const std::string wrong = certificate(kPem, R"(,"issueTimeInUtc":"long ago","expiryTimeInUtc":"never")");
  EXPECT_EQ(with_certificate_times("caCertificates", wrong), told(kPem));
}

TEST(CertificateTimes, ACertificateThatCannotBeReadHasNoTimes) {
  EXPECT_EQ(with_certificate_times("caCertificates", certificate("x", R"(,"expiryTimeInUtc":"never")")),
            certificate("x"));
  const std::string cut = certificate(kPem.substr(0, 200));
  EXPECT_EQ(with_certificate_times("caCertificates", cut), cut);
  EXPECT_EQ(with_certificate_times("caCertificates", "{}"), "{}");
}

TEST(CertificateTimes, TextBeforeThePemIsLeftAlone) {
  const std::string pem = "subject=CN = facts\n" + std::string(kPem);
  EXPECT_EQ(with_certificate_times("caCertificates", certificate(pem)), told(pem));
}

TEST(CertificateTimes, OtherTypesAreLeftAsTheyAre) {
  const std::string one = R"({"expiryTimeInUtc": "2030"})";
  EXPECT_EQ(with_certificate_times("clients", one), one);
}

}  // namespace
}  // namespace management

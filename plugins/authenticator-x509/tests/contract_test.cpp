// What every authenticator promises.
#include <trellis/testing/contract/authenticator.hpp>

#include "forge.hpp"
#include "x509.hpp"

namespace x509::testing {
namespace {

using trellis::testing::Client;

struct X509Samples : trellis::testing::AuthenticatorSamples {
  using Plugin = X509Authenticator;
  static std::vector<std::string> wrong_settings() { return {R"({"profile": "other"})", R"({"ca_certificates": 0})"}; }
  static void prepare(trellis::testing::TestHost& host) {
    EXPECT_EQ(host.put_resource("caCertificates", "factory", resource_of(root())), "");
    EXPECT_EQ(host.put_resource("clients", "press-04", R"({"clientCertificateAuthentication":
        {"validationScheme": "SubjectMatchesAuthenticationName"}})"),
              "");
  }
  static std::vector<Client> allowed() { return {of("press-04", press())}; }
  static std::vector<Client> denied() {
    static const Forged kStranger = Forged(authority("stranger")).issue(device("press-04"));
    return {of("press-05", press()), of("press-04", kStranger), {.client_id = "c1", .username = "press-04"}};
  }

 private:
  static const Forged& root() {
    static const Forged kRoot(authority("factory"));
    return kRoot;
  }
  static const Forged& press() {
    static const Forged kPress = root().issue(device("press-04"));
    return kPress;
  }
  static Client of(const std::string& name, const Forged& certificate) {
    return {.client_id = "c1", .username = name, .certificates = {certificate.der()}};
  }
};
TRELLIS_CONTRACT_SUITE(Authenticator, X509Samples);

}  // namespace
}  // namespace x509::testing

// What tests of the plugin have in common: a broker with a certificate authority, and clients that connect.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <trellis/testing/test_host.hpp>
#include <vector>

#include "forge.hpp"
#include "x509.hpp"

namespace x509::testing {

class ByCertificate : public ::testing::Test {
 protected:
  using Outcome = trellis::testing::AuthOutcome;

  void load(const std::string& settings = "{}") {
    plugin_.emplace(host_.load<X509Authenticator>(settings));
    EXPECT_EQ(host_.put_resource("caCertificates", "factory", resource_of(root_)), "");
  }

  /// What is wrong with it, or empty.
  std::string put_client(const std::string& name, const std::string& authentication, const std::string& more = "") {
    return host_.put_resource("clients", name,
                              R"({"clientCertificateAuthentication": {)" + authentication + "}" + more + "}");
  }
  std::string put_client_of(const std::string& scheme, const std::string& name, const std::string& more = "") {
    return put_client(name, R"("validationScheme": ")" + scheme + "\"", more);
  }
  std::string put_sources(const std::string& sources) {
    return host_.put_resource("namespaces", "default",
                              R"({"topicSpacesConfiguration": {"clientAuthentication": )"
                              R"({"alternativeAuthenticationNameSources": [)" +
                                  sources + "]}}}");
  }

  Outcome connect(const std::optional<std::string>& username, const std::vector<const Forged*>& chain) {
    trellis::testing::Client client{.client_id = "session", .username = username};
    for (const Forged* one : chain) client.certificates.push_back(one->der());
    return connect(client);
  }
  Outcome connect(const trellis::testing::Client& client) { return plugin_->connect(client).outcome(); }
  bool allowed(const std::optional<std::string>& username, const std::vector<const Forged*>& chain) {
    return connect(username, chain).verdict == trellis::AuthVerdict::allow;
  }
  bool deferred(const std::optional<std::string>& username, const std::vector<const Forged*>& chain) {
    return connect(username, chain).verdict == trellis::AuthVerdict::defer;
  }
  std::int64_t checks(const std::string& outcome) {
    return host_.metric("trellis_x509_checks_total", "outcome=\"" + outcome + "\"");
  }
  /// The names cut off so far, in the namespace "default".
  std::vector<std::string> cut_off() {
    std::vector<std::string> names;
    for (const auto& one : host_.revoked()) names.push_back(one.name);
    return names;
  }

  trellis::testing::TestHost host_;
  std::optional<trellis::testing::AuthenticatorDriver> plugin_;
  const Forged root_{authority("factory")};
};

}  // namespace x509::testing

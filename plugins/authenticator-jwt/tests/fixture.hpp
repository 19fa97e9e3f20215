/// The plugin in a TestHost, and an issuer of tokens.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <trellis/testing/test_host.hpp>

#include "common/jose/testing/signer.hpp"
#include "jwt.hpp"

namespace jwt::testing {

using namespace std::chrono_literals;
using jose::testing::Signer;
using trellis::AuthVerdict;
using trellis::Status;
using trellis::testing::AuthOutcome;

/// Making an RSA key takes long: all tests share it.
inline const Signer& issuer() {
  static const Signer signer;
  return signer;
}

class JwtTest : public ::testing::Test {
 protected:
  explicit JwtTest(std::string_view settings = "{}") : plugin_(host_.load<JwtAuthenticator>(settings)) {}

  /// What the namespace says; empty where it is taken.
  std::string put(const std::string& jwt, std::string_view name_space = "default") {
    return host_.put_resource(
        "namespaces", name_space,
        R"({"topicSpacesConfiguration":{"clientAuthentication":{"customJwtAuthentication":)" + jwt + "}}}", name_space);
  }
  static std::string certificate(std::string_view kid = "k1", const Signer& signer = issuer()) {
    return R"({"kid":")" + std::string(kid) + R"(","encodedCertificate":)" +
           trellis::json::quote(signer.certificate() + signer.public_key()) + "}";
  }
  /// The usual settings, and more of them after a comma.
  static std::string trusting(const std::string& further = {}) {
    return R"({"tokenIssuer":"my-issuer","audiences":["broker.example"],"encodedIssuerCertificates":[)" +
           certificate() + "]" + further + "}";
  }

  std::int64_t now() const { return std::chrono::duration_cast<std::chrono::seconds>(host_.wall()).count(); }
  /// Claims of a good token, and more of them after a comma.
  std::string claims(const std::string& further = {}, std::string_view subject = "ada") const {
    return R"({"iss":"my-issuer","sub":")" + std::string(subject) + R"(","aud":"broker.example","exp":)" +
           std::to_string(now() + 600) + R"(,"nbf":)" + std::to_string(now()) + further + "}";
  }
  std::string token(const std::string& further = {}, std::string_view subject = "ada") const {
    return issuer().token(claims(further, subject), "k1");
  }

  trellis::testing::AuthClient ask(const std::string& token, std::string_view method = "CUSTOM-JWT") {
    return plugin_.connect({.client_id = "c1", .method = std::string(method), .data = token});
  }
  AuthOutcome judged(const std::string& token) { return ask(token).outcome(); }
  std::string reason(const std::string& token) {
    const AuthOutcome outcome = judged(token);
    return outcome.verdict == AuthVerdict::allow ? "allowed" : outcome.reason;
  }
  std::int64_t counted(std::string_view outcome) const {
    return host_.metric("trellis_jwt_tokens_total", "outcome=\"" + std::string(outcome) + "\"");
  }

  trellis::testing::TestHost host_;
  trellis::testing::AuthenticatorDriver plugin_;
};

}  // namespace jwt::testing

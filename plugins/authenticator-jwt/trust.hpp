/// Whose tokens a namespace takes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/result.hpp>

#include "common/jose/key_set.hpp"
#include "common/jose/rules.hpp"
#include "common/jwks/issuers.hpp"

namespace jwt {

/// What customJwtAuthentication of a namespace says. Not changed once it is made.
struct Trust {
  jose::AlgorithmSet algorithms;
  jose::Rules rules;            ///< without audiences where the namespace's own domains are meant
  jose::KeySet keys;            ///< of the certificates
  std::string jwks_uri;         ///< empty: certificates only
  bool password_field = false;  ///< tokens may come as passwords

  /// What jwks_uri leads to; null where it is empty.
  std::shared_ptr<jwks::IssuerKeys> issuer;

  /// Reads it. Fails with a pointer and a sentence: "/encodedIssuerCertificates/0/encodedCertificate: it holds …".
  static trellis::Result<Trust> read(const trellis::Config& config);
};

}  // namespace jwt

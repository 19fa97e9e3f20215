/// Whom a namespace believes, and how its tokens are judged.
#pragma once

#include <chrono>
#include <memory>
#include <trellis/result.hpp>

#include "common/jose/token.hpp"
#include "common/jwks/issuer_keys.hpp"
#include "principal.hpp"
#include "settings.hpp"

namespace entra {

/// Not changed once it is made; the keys behind it are.
struct Believed {
  std::shared_ptr<const Settings> settings;  ///< null: they cannot be used, and nobody is let in
  std::shared_ptr<jwks::IssuerKeys> issuer;
};

/// With the keys as they were seen, perhaps none. Fails with
///   no_match        newer keys may help
///   not_authorized  the token opens nothing here, whatever the keys are
/// and with a sentence that may be shown to the client. now: Unix time.
trellis::Result<Principal> judge(const jose::Token& token, const Settings& settings, const jose::KeySet* keys,
                                 std::chrono::seconds now);

}  // namespace entra

/// What a namespace says about the tokens of its issuer.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <vector>

#include "common/jose/rules.hpp"
#include "common/jwks/source.hpp"

namespace entra {

/// Stands in an issuer's name for the tenant of the token.
inline constexpr std::string_view kTenantPlaceholder = "{tenantid}";

/// The block entraAuthentication of a namespace. Not changed once it is made.
struct Settings {
  jose::Rules rules;
  std::string issuer;                ///< as written, perhaps with {tenantid}
  std::string jwks_uri;              ///< empty: the issuer's discovery document names it
  std::vector<std::string> tenants;  ///< empty: whatever `tid` says
  bool applications_only = true;
  bool claims_as_attributes = false;

  /// Reads the block, whose schema was checked already. Fails in a sentence that begins with the path of what is wrong.
  static trellis::Result<std::shared_ptr<const Settings>> read(const trellis::Config& block);

  jwks::Source source() const;
  bool one_issuer_per_tenant() const noexcept { return issuer.find(kTenantPlaceholder) != std::string::npos; }
  /// What a token of that tenant names as its issuer.
  std::string issuer_of(std::string_view tenant) const;
};

}  // namespace entra

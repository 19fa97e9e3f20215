#include "settings.hpp"

#include <utility>

namespace entra {
namespace {

using trellis::Config;
using trellis::fail;
using trellis::ok;
using trellis::Result;

/// RFC 9068 calls access tokens "at+jwt", many issuers still "JWT".
const std::vector<std::string> kTypes = {"JWT", "at+jwt"};

Result<void> check(const Config& block, const Settings& settings) {
  const std::string& path = block.path();
  if (settings.one_issuer_per_tenant()) {
    // Discovery would need a tenant to begin with, and whose tenants are welcome must not be left to the issuer.
    if (settings.jwks_uri.empty()) return fail(path + "/issuer: with {tenantid} in it, \"jwksUri\" is needed as well");
    if (settings.tenants.empty()) return fail(path + "/issuer: with {tenantid} in it, \"tenants\" are needed as well");
  }
  // Only what is fetched from has to be an address: elsewhere an issuer's name is just a text that tokens carry.
  if (const auto good = jwks::check(settings.source()); !good) {
    return fail(path + (settings.jwks_uri.empty() ? "/issuer: " : "/jwksUri: ") + good.error().text);
  }
  if (settings.rules.audiences.empty()) return fail(path + "/audiences: without any, no token is accepted");
  for (std::size_t i = 0; i < settings.tenants.size(); ++i) {
    if (settings.tenants[i].empty()) return fail(path + "/tenants/" + std::to_string(i) + ": the tenant is empty");
  }
  return ok();
}

}  // namespace

Result<std::shared_ptr<const Settings>> Settings::read(const Config& block) {
  auto settings = std::make_shared<Settings>();
  settings->issuer = block.text("issuer");
  settings->jwks_uri = block.text("jwksUri", "");
  settings->tenants = block.texts("tenants");
  settings->applications_only = block.boolean("applicationsOnly");
  settings->claims_as_attributes = block.boolean("claimsAsAttributes");
  settings->rules.check_issuer = !settings->one_issuer_per_tenant();  // else principal_of() does
  settings->rules.issuer = settings->issuer;
  settings->rules.audiences = block.texts("audiences");
  settings->rules.not_before_required = false;  // OIDC issuers need not say when a token begins
  settings->rules.skew = std::chrono::seconds(block.integer("clockSkewInSeconds"));
  settings->rules.types = kTypes;
  if (const auto good = check(block, *settings); !good) return good.error();
  return std::shared_ptr<const Settings>(std::move(settings));
}

jwks::Source Settings::source() const {
  if (jwks_uri.empty()) return {.issuer = issuer};
  return {.jwks_uri = jwks_uri};
}

std::string Settings::issuer_of(std::string_view tenant) const {
  std::string name = issuer;
  if (const std::size_t at = name.find(kTenantPlaceholder); at != std::string::npos) {
    name.replace(at, kTenantPlaceholder.size(), tenant);
  }
  return name;
}

}  // namespace entra

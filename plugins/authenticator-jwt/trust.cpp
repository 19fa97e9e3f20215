#include "trust.hpp"

#include <set>
#include <utility>

namespace jwt {
namespace {

using trellis::Config;
using trellis::fail;
using trellis::ok;
using trellis::Result;

Result<void> add_certificates(jose::KeySet& keys, const Config& config) {
  const auto list = config.find("encodedIssuerCertificates");
  if (!list) return ok();
  std::set<std::string> names;
  for (const Config& one : list->items()) {
    const std::string where = "/encodedIssuerCertificates/" + std::to_string(keys.keys().size());
    const std::string kid = one.text("kid");
    if (!names.insert(kid).second) return fail(where + "/kid: another certificate has that name");
    const auto added = keys.add_pem(one.text("encodedCertificate"), kid);
    if (!added) return fail(where + "/encodedCertificate: " + added.error().text);
  }
  return ok();
}

jose::AlgorithmSet algorithms_of(const Config& config) {
  jose::AlgorithmSet set;
  for (const std::string& name : config.texts("algorithms")) {
    if (const auto algorithm = jose::algorithm_of(name)) set.add(*algorithm);
  }
  return set;
}

}  // namespace

Result<Trust> Trust::read(const Config& config) {
  Trust trust;
  if (const auto added = add_certificates(trust.keys, config); !added) return added.error();
  trust.jwks_uri = config.text("jwksUri", "");
  if (!trust.jwks_uri.empty()) {
    const auto good = jwks::check({.jwks_uri = trust.jwks_uri});
    if (!good) return fail("/jwksUri: " + good.error().text);
  }
  if (trust.keys.empty() && trust.jwks_uri.empty()) {
    return fail(": there are no keys; it needs encodedIssuerCertificates or jwksUri");
  }
  trust.algorithms = algorithms_of(config);
  trust.rules.issuer = config.text("tokenIssuer");
  if (config.contains("audiences")) trust.rules.audiences = config.texts("audiences");
  trust.rules.skew = std::chrono::seconds(config.integer("clockSkewInSeconds"));
  trust.password_field = config.boolean("passwordField");
  return trust;
}

}  // namespace jwt

#include "told.hpp"

#include <trellis/config.hpp>
#include <trellis/json.hpp>

#include "x509_facts/facts.hpp"

namespace management {
namespace {

constexpr std::string_view kIssued = "issueTimeInUtc";
constexpr std::string_view kExpires = "expiryTimeInUtc";

void add(std::string& object, std::string_view name, std::string_view json) {
  if (object.size() > 1) object += ',';
  object += trellis::json::quote(name) + ':' + std::string(json);
}

}  // namespace

std::string with_told(std::string_view type, std::string properties) {
  if (type != "caCertificates") return properties;
  const auto read = trellis::Config::parse(properties);
  if (!read) return properties;
  std::string out = "{";
  for (const auto& [name, value] : read->members()) {
    if (name != kIssued && name != kExpires) add(out, name, value.json());
  }
  constexpr std::string_view kCertificate = "encodedCertificate";
  if (!read->contains(kCertificate)) return out + '}';
  if (const auto validity = x509_facts::validity_of(read->text(kCertificate))) {
    add(out, kIssued, trellis::json::quote(validity->not_before));
    add(out, kExpires, trellis::json::quote(validity->not_after));
  }
  return out + '}';
}

}  // namespace management

#include "certificate_times.hpp"

#include <openssl/pem.h>

#include <cstdio>
#include <ctime>
#include <trellis/config.hpp>
#include <trellis/json.hpp>

#include "common/openssl/openssl.hpp"

namespace management {
namespace {

constexpr std::string_view kIssued = "issueTimeInUtc";
constexpr std::string_view kExpires = "expiryTimeInUtc";

void add(std::string& object, std::string_view name, std::string_view json) {
  if (object.size() > 1) object += ',';
  object += trellis::json::quote(name) + ':' + std::string(json);
}

std::optional<std::string> iso_8601(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  char text[80];
  const int size = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900,
                                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return std::string(text, static_cast<std::size_t>(size));
}

// Of the first certificate of a PEM text.
void add_times(std::string& object, std::string_view pem) {
  const openssl::CleanErrors clean;
  const openssl::Bio bio = openssl::reader_of(pem);
  const openssl::Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) return;
  const auto issued = iso_8601(X509_get0_notBefore(certificate.get()));
  const auto expires = iso_8601(X509_get0_notAfter(certificate.get()));
  if (!issued || !expires) return;
  add(object, kIssued, trellis::json::quote(*issued));
  add(object, kExpires, trellis::json::quote(*expires));
}

}  // namespace

std::string with_certificate_times(std::string_view type, std::string properties) {
  if (type != "caCertificates") return properties;
  const auto read = trellis::Config::parse(properties);
  if (!read) return properties;
  std::string out = "{";
  for (const auto& [name, value] : read->members()) {
    if (name != kIssued && name != kExpires) add(out, name, value.json());
  }
  constexpr std::string_view kCertificate = "encodedCertificate";
  if (read->contains(kCertificate)) add_times(out, read->text(kCertificate));
  return out + '}';
}

}  // namespace management

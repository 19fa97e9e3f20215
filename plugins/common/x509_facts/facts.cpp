#include "facts.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cstdio>
#include <ctime>

#include "openssl.hpp"

namespace x509_facts {
namespace {

std::optional<std::string> iso_8601(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  char text[80];
  const int size = std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02dZ", parts.tm_year + 1900,
                                 parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace

std::optional<Validity> validity_of(std::string_view pem) {
  const Bio bio = reader_of(pem);
  const Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  ERR_clear_error();
  if (certificate == nullptr) return std::nullopt;
  auto not_before = iso_8601(X509_get0_notBefore(certificate.get()));
  auto not_after = iso_8601(X509_get0_notAfter(certificate.get()));
  if (!not_before || !not_after) return std::nullopt;
  return Validity{*std::move(not_before), *std::move(not_after)};
}

}  // namespace x509_facts

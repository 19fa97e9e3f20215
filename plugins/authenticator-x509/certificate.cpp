#include "certificate.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <trellis/view.hpp>
#include <utility>

namespace x509 {
namespace {

using openssl::Bio;

/// Empty where the text has a zero byte, or is no text.
std::string utf8_of(const ASN1_STRING* from) {
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, from);
  if (size < 0) return ERR_clear_error(), std::string();
  std::string out(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return out.find('\0') == std::string::npos ? out : std::string();
}

std::string bytes_of(const ASN1_STRING* from) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(from)),
          static_cast<std::size_t>(ASN1_STRING_length(from))};
}

std::string common_name_of(const X509_NAME* subject) {
  int last = -1;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) last = at;
  return last < 0 ? std::string() : utf8_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
}

std::string distinguished_name_of(const X509_NAME* subject) {
  // RFC 4514 differs from RFC 2253 in that it leaves what is not ASCII as it is.
  constexpr unsigned long kStyle = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  const Bio bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || X509_NAME_print_ex(bio.get(), subject, 0, kStyle) < 0) return ERR_clear_error(), std::string();
  const char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return size <= 0 ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

void add_name(std::vector<std::string>& to, const ASN1_STRING* from) {
  std::string text = bytes_of(from);
  // ASCII is all it may be; nobody else checked that it is.
  const bool plain = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!text.empty() && plain) to.push_back(std::move(text));
}

void add_alternative(Facts& facts, const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_DNS:
      return add_name(facts.dns, name.d.dNSName);
    case GEN_URI:
      return add_name(facts.uris, name.d.uniformResourceIdentifier);
    case GEN_EMAIL:
      return add_name(facts.emails, name.d.rfc822Name);
    case GEN_IPADD: {
      std::string bytes = bytes_of(name.d.iPAddress);
      if (bytes.size() == 4 || bytes.size() == 16) facts.addresses.push_back(std::move(bytes));
      return;
    }
    default:
      return;
  }
}

std::string digest_of(std::string_view der, const EVP_MD* kind) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(der.data(), der.size(), digest, &size, kind, nullptr) != 1) return ERR_clear_error(), std::string();
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned i = 0; i < size; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

trellis::Error wrong_with(std::size_t index, const std::string& what) {
  return trellis::fail("certificate " + std::to_string(index + 1) + " of its chain " + what);
}

}  // namespace

trellis::Result<Certificate> read_certificate(std::string_view der) {
  if (der.size() > kMostCertificateBytes) {
    return trellis::fail("has " + std::to_string(der.size()) + " bytes, at most " +
                         std::to_string(kMostCertificateBytes) + " are read");
  }
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate == nullptr) return trellis::fail("cannot be read: " + openssl::last_error());
  if (at != reinterpret_cast<const unsigned char*>(der.data()) + der.size()) {
    return trellis::fail("has bytes behind its end");
  }
  const EVP_PKEY* key = X509_get0_pubkey(certificate.get());
  if (key == nullptr) return trellis::fail("has a key that cannot be read: " + openssl::last_error());
  if (EVP_PKEY_get_bits(key) > kMostKeyBits) {
    return trellis::fail("has a key of " + std::to_string(EVP_PKEY_get_bits(key)) + " bits, at most " +
                         std::to_string(kMostKeyBits) + " are allowed");
  }
  return certificate;
}

trellis::Result<void> read_chain(std::span<const trellis_view> chain, std::vector<Certificate>& read) {
  if (chain.size() > kMostCertificates) {
    return trellis::fail("its chain has " + std::to_string(chain.size()) + " certificates, at most " +
                         std::to_string(kMostCertificates) + " are looked at");
  }
  while (read.size() < chain.size()) {
    auto one = read_certificate(trellis::text(chain[read.size()]));
    if (!one) return wrong_with(read.size(), one.error().text);
    read.push_back(std::move(one).value());
  }
  return trellis::ok();
}

trellis::Result<Facts> facts_of(X509* certificate) {
  Facts facts;
  const auto from = openssl::unix_ms(X509_get0_notBefore(certificate));
  const auto until = openssl::unix_ms(X509_get0_notAfter(certificate));
  if (!from || !until) return trellis::fail("the certificate does not say when it is good");
  facts.good_from_ms = *from;
  facts.good_until_ms = *until;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  facts.common_name = common_name_of(subject);
  facts.distinguished_name = distinguished_name_of(subject);
  using Names = std::unique_ptr<GENERAL_NAMES, openssl::Freeing<&GENERAL_NAMES_free>>;
  const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    add_alternative(facts, *sk_GENERAL_NAME_value(names.get(), i));
  }
  ERR_clear_error();
  return facts;
}

bool is_thumbprint_of(std::string_view der, std::string_view thumbprint) {
  std::string hex;
  for (const char c : thumbprint) {
    if (c != ':') hex += c >= 'A' && c <= 'F' ? static_cast<char>(c | 32) : c;
  }
  const EVP_MD* kind = hex.size() == 40 ? EVP_sha1() : hex.size() == 64 ? EVP_sha256() : nullptr;
  if (kind == nullptr) return false;
  const std::string found = digest_of(der, kind);
  return found.size() == hex.size() && CRYPTO_memcmp(found.data(), hex.data(), hex.size()) == 0;
}

std::string thumbprint_of(std::string_view der) { return digest_of(der, EVP_sha256()); }

}  // namespace x509

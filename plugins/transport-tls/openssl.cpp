#include "openssl.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace transport_tls {
namespace {

// Reads one object after another with `read`, which is one of OpenSSL's PEM_read_bio_….
template <typename Owner, typename Read>
std::vector<Owner> read_all(std::string_view pem, Read read, const char* what, std::string& error) {
  const Bio bio = reader_of(pem);
  std::vector<Owner> found;
  ERR_clear_error();
  while (auto* one = read(bio.get(), nullptr, nullptr, nullptr)) found.emplace_back(one);
  if (!at_the_end_of_pem()) {
    error = "holds a damaged " + std::string(what) + ": " + last_error();
    return {};
  }
  if (found.empty()) error = "holds no " + std::string(what) + " in PEM";
  return found;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; });
  return out;
}

}  // namespace

std::vector<Certificate> read_certificates(std::string_view pem, std::string& error) {
  return read_all<Certificate>(pem, &PEM_read_bio_X509, "certificate", error);
}

std::vector<RevocationList> read_revocation_lists(std::string_view pem, std::string& error) {
  return read_all<RevocationList>(pem, &PEM_read_bio_X509_CRL, "revocation list", error);
}

PrivateKey read_key(std::string_view pem, std::string& error) {
  const Bio bio = reader_of(pem);
  ERR_clear_error();
  // Nobody is there to type a passphrase.
  const auto refuse = [](char*, int, int, void*) { return -1; };
  PrivateKey key(PEM_read_bio_PrivateKey(bio.get(), nullptr, refuse, nullptr));
  if (key == nullptr) {
    const std::string reason = last_error();
    const bool locked = pem.find("ENCRYPTED") != std::string_view::npos;
    error = locked ? "is protected by a passphrase, which a broker cannot type; remove it with `openssl pkey`"
                   : "holds no private key in PEM" + (reason.empty() ? std::string() : ": " + reason);
  }
  return key;
}

std::vector<std::string> names_of(X509* certificate) {
  std::vector<std::string> names;
  auto* alternatives =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(alternatives); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives, i);
    if (name->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    names.push_back(lower({text, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))}));
  }
  GENERAL_NAMES_free(alternatives);
  return names;
}

void append_der(X509* certificate, std::string& out) {
  const int size = i2d_X509(certificate, nullptr);
  if (size <= 0) return;
  const std::size_t at = out.size();
  out.resize(at + static_cast<std::size_t>(size));
  auto* to = reinterpret_cast<unsigned char*>(out.data()) + at;
  i2d_X509(certificate, &to);
}

std::vector<Certificate> read_der(std::string_view der) {
  std::vector<Certificate> found;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const unsigned char* const end = at + der.size();
  while (at < end) {
    X509* one = d2i_X509(nullptr, &at, end - at);
    if (one == nullptr) break;
    found.emplace_back(one);
  }
  ERR_clear_error();
  return found;
}

std::int64_t unix_time(const ASN1_TIME* time) { return unix_ms(time).value_or(0) / 1000; }

std::int64_t expiry_of(const X509* certificate) { return unix_time(X509_get0_notAfter(certificate)); }

}  // namespace transport_tls

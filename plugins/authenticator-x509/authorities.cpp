#include "authorities.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

namespace x509 {
namespace {

// What OpenSSL calls level 2: RSA from 2048 bits, curves from 224, no SHA-1. Verification asks for the same.
constexpr int kLeastStrength = 112;

}  // namespace

Mark mark_of(X509* certificate) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  X509_digest(certificate, EVP_sha256(), digest.data(), nullptr);
  Mark mark = 0;
  std::memcpy(&mark, digest.data(), sizeof mark);
  return mark;
}

trellis::Result<Certificate> read_authority(std::string_view pem) {
  if (pem.find("PRIVATE KEY-----") != std::string_view::npos) {
    return trellis::fail(
        "holds a private key, which has to stay with the authority; only its certificate belongs here");
  }
  const auto bio = openssl::reader_of(pem);
  ERR_clear_error();
  Certificate certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    if (openssl::at_the_end_of_pem()) {
      return trellis::fail("holds no certificate in PEM; expected -----BEGIN CERTIFICATE----- and what belongs to it");
    }
    return trellis::fail("holds a damaged certificate: " + openssl::last_error());
  }
  if (const Certificate second(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)); second != nullptr) {
    return trellis::fail("holds more than one certificate; each authority is a resource of its own");
  }
  ERR_clear_error();
  // 1 is what basicConstraints says, with a key usage that agrees; other numbers are guesses about old certificates.
  if (X509_check_ca(certificate.get()) != 1) {
    return trellis::fail(
        "is no certificate of an authority: its basicConstraints have to say CA:TRUE, and its key usage, "
        "where it has one, keyCertSign");
  }
  const EVP_PKEY* key = X509_get0_pubkey(certificate.get());
  if (key == nullptr) return trellis::fail("has a key that cannot be read: " + openssl::last_error());
  if (EVP_PKEY_get_security_bits(key) < kLeastStrength || EVP_PKEY_get_bits(key) > kMostKeyBits) {
    return trellis::fail("has a key of " + std::to_string(EVP_PKEY_get_bits(key)) + " bits (strength " +
                         std::to_string(EVP_PKEY_get_security_bits(key)) + "); expected a strength of at least " +
                         std::to_string(kLeastStrength) +
                         ", as RSA has with 2048 bits and elliptic curves with 224, and at most " +
                         std::to_string(kMostKeyBits) + " bits");
  }
  if (!facts_of(certificate.get())) return trellis::fail("does not say when it is good");
  return certificate;
}

Authorities::Authorities(std::vector<Authority> all) : all_(std::move(all)), store_(X509_STORE_new()) {
  if (store_ == nullptr) throw std::bad_alloc();
  for (const Authority& one : all_) {
    if (X509_STORE_add_cert(store_.get(), one.certificate.get()) != 1) throw std::bad_alloc();
  }
}

bool Authorities::have(Mark mark) const noexcept {
  return std::ranges::any_of(all_, [&](const Authority& one) { return one.mark == mark; });
}

}  // namespace x509

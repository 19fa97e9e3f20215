// OpenSSL's objects with an owner, and what is asked of them again and again.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace openssl {

template <auto Free>
struct Freeing {
  template <typename T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using Bio = std::unique_ptr<BIO, Freeing<&BIO_free>>;
using Number = std::unique_ptr<BIGNUM, Freeing<&BN_free>>;
using Certificate = std::unique_ptr<X509, Freeing<&X509_free>>;
using RevocationList = std::unique_ptr<X509_CRL, Freeing<&X509_CRL_free>>;
using Store = std::unique_ptr<X509_STORE, Freeing<&X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Freeing<&X509_STORE_CTX_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freeing<&EVP_PKEY_free>>;
using PublicKey = PrivateKey;  // OpenSSL has one type for both
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freeing<&EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freeing<&EVP_MD_CTX_free>>;
using ParameterBuilder = std::unique_ptr<OSSL_PARAM_BLD, Freeing<&OSSL_PARAM_BLD_free>>;
using Parameters = std::unique_ptr<OSSL_PARAM, Freeing<&OSSL_PARAM_free>>;
using EcSignature = std::unique_ptr<ECDSA_SIG, Freeing<&ECDSA_SIG_free>>;

/// Leaves this thread's queue of errors empty: whoever uses OpenSSL next must not find ours.
class CleanErrors {
 public:
  CleanErrors() = default;
  CleanErrors(const CleanErrors&) = delete;
  CleanErrors& operator=(const CleanErrors&) = delete;
  ~CleanErrors() { ERR_clear_error(); }
};

/// The oldest error of this thread's queue, which is emptied: "wrong version number". Empty: there was none.
std::string last_error();

/// Reads a text without copying it: it has to stay.
Bio reader_of(std::string_view text);

/// Whether reading PEM stopped because there is nothing more of that kind; that error is taken from the queue.
bool at_the_end_of_pem();

/// HMAC-SHA256, 32 bytes; empty where OpenSSL has no memory for it.
std::string hmac_sha256(std::string_view key, std::string_view text);

/// Unix milliseconds; nothing where it cannot be read.
std::optional<std::int64_t> unix_ms(const ASN1_TIME* time);

}  // namespace openssl

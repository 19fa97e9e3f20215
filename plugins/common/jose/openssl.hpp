/// OpenSSL's objects with an owner.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

#include <memory>

namespace jose {

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
using PublicKey = std::unique_ptr<EVP_PKEY, Freeing<&EVP_PKEY_free>>;
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

}  // namespace jose

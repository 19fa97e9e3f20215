// OpenSSL's objects with an owner, and what is asked of them again and again.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace x509_facts {

template <auto Free>
struct Freeing {
  template <typename T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using Bio = std::unique_ptr<BIO, Freeing<&BIO_free>>;
using Certificate = std::unique_ptr<X509, Freeing<&X509_free>>;
using RevocationList = std::unique_ptr<X509_CRL, Freeing<&X509_CRL_free>>;
using Store = std::unique_ptr<X509_STORE, Freeing<&X509_STORE_free>>;
using StoreContext = std::unique_ptr<X509_STORE_CTX, Freeing<&X509_STORE_CTX_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freeing<&EVP_PKEY_free>>;

/// The oldest error of this thread's queue, which is emptied: "wrong version number". Empty: there was none.
std::string last_error();

/// Reads a text without copying it: it has to stay.
Bio reader_of(std::string_view text);

/// Whether reading PEM stopped because there is nothing more of that kind; that error is taken from the queue.
bool at_the_end_of_pem();

/// Unix milliseconds; nothing where it cannot be read.
std::optional<std::int64_t> unix_ms(const ASN1_TIME* time);

}  // namespace x509_facts

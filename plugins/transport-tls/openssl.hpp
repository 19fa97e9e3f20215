/// OpenSSL's objects with an owner, and its errors as text.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace transport_tls {

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
using Context = std::unique_ptr<SSL_CTX, Freeing<&SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freeing<&SSL_free>>;

/// The oldest error of this thread's queue, which is emptied: "wrong version number". Empty: there was none.
std::string last_error();

/// All certificates of a PEM text. Empty with error set when there is none or one is damaged.
std::vector<Certificate> read_certificates(std::string_view pem, std::string& error);
std::vector<RevocationList> read_revocation_lists(std::string_view pem, std::string& error);
/// Null with error set when the text holds no key, or one with a passphrase.
PrivateKey read_key(std::string_view pem, std::string& error);

/// The DNS names a certificate is for, lower case.
std::vector<std::string> names_of(X509* certificate);

/// Appends the certificate in DER.
void append_der(X509* certificate, std::string& out);
/// Certificates in DER, end to end; stops at what is none.
std::vector<Certificate> read_der(std::string_view der);

/// Unix seconds; 0 where it cannot be read.
std::int64_t unix_time(const ASN1_TIME* time);
/// Unix seconds after which it does not hold any more.
std::int64_t expiry_of(const X509* certificate);

}  // namespace transport_tls

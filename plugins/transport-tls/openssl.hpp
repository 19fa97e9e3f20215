/// What TLS has besides, and certificates and keys out of texts and bytes.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/openssl/openssl.hpp"

namespace transport_tls {

using namespace openssl;

using Context = std::unique_ptr<SSL_CTX, Freeing<&SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freeing<&SSL_free>>;

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

// What a client's certificate says.
#pragma once

#include <trellis/abi/base.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

#include "common/openssl/openssl.hpp"

namespace x509 {

using openssl::Certificate;

// Whoever connects decides what is parsed here, so these are checked first. Chains of real clients have two or three
// certificates of one or two KiB.
constexpr std::size_t kMostCertificates = 8;          // the client's own among them
constexpr std::size_t kMostCertificateBytes = 16384;  // each, in DER
constexpr int kMostKeyBits = 8192;                    // what checking a signature costs grows with the square

/// The names in a certificate, and when it is good. Texts are UTF-8, alternative names plain ASCII; those that are not,
/// or have a zero byte in them, which other readers would take for the end, are left out.
struct Facts {
  std::string common_name;         ///< of several the last, most specific one; may be empty
  std::string distinguished_name;  ///< as RFC 4514 writes it; may be empty
  std::vector<std::string> dns;    ///< subject alternative names, in their order
  std::vector<std::string> uris;
  std::vector<std::string> emails;
  std::vector<std::string> addresses;  ///< 4 or 16 bytes each
  std::int64_t good_from_ms = 0;       ///< Unix time
  std::int64_t good_until_ms = 0;      ///< from here on it is not
};

/// Reads what the peer sent; the error says what is wrong with it.
trellis::Result<Certificate> read_certificate(std::string_view der);

/// Reads all of them, within the bounds. `read` may hold the first ones already: reading one takes about 0.1 ms.
trellis::Result<void> read_chain(std::span<const trellis_view> chain, std::vector<Certificate>& read);

trellis::Result<Facts> facts_of(X509* certificate);

/// Whether that is the certificate's thumbprint: SHA-1 or SHA-256 of its DER in hexadecimal, in either case, with or
/// without colons.
bool is_thumbprint_of(std::string_view der, std::string_view thumbprint);

/// The SHA-256 thumbprint in lower case, for people.
std::string thumbprint_of(std::string_view der);

}  // namespace x509

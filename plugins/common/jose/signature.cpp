#include "common/jose/signature.hpp"

#include <openssl/rsa.h>

#include <string>
#include <utility>
#include <vector>

namespace jose {
namespace {

using trellis::fail;
using trellis::Result;
using trellis::Status;

const unsigned char* bytes(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

const EVP_MD* digest_of(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::rs256:
    case Algorithm::ps256:
    case Algorithm::es256:
      return EVP_sha256();
    case Algorithm::rs384:
    case Algorithm::ps384:
    case Algorithm::es384:
      return EVP_sha384();
    case Algorithm::rs512:
    case Algorithm::ps512:
    case Algorithm::es512:
      return EVP_sha512();
    case Algorithm::eddsa:
      return nullptr;
  }
  return nullptr;
}

bool is_pss(Algorithm algorithm) { return algorithm >= Algorithm::ps256 && algorithm <= Algorithm::ps512; }

// JWS has the two numbers side by side in fixed size (RFC 7518, 3.4), OpenSSL takes them as DER. Empty where the size
// is wrong.
std::string to_der(std::string_view raw, std::size_t half) {
  if (raw.size() != 2 * half) return {};
  Number r(BN_bin2bn(bytes(raw), static_cast<int>(half), nullptr));
  Number s(BN_bin2bn(bytes(raw) + half, static_cast<int>(half), nullptr));
  const EcSignature signature(ECDSA_SIG_new());
  if (r == nullptr || s == nullptr || signature == nullptr) return {};
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
  (void)r.release();
  (void)s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
  return text;
}

bool set_pss(EVP_PKEY_CTX* context, const EVP_MD* digest) {
  return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md(context, digest) == 1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1;
}

bool signed_by(const Token& token, const Key& key) {
  const CleanErrors clean;
  const Algorithm algorithm = token.header().algorithm;
  const EVP_MD* digest = digest_of(algorithm);
  std::string_view signature = token.signature();
  std::string der;
  if (const std::size_t half = coordinate_bytes(key.kind()); half > 0) {
    der = to_der(signature, half);
    if (der.empty()) return false;
    signature = der;
  }
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* of_key = nullptr;
  if (context == nullptr || EVP_DigestVerifyInit(context.get(), &of_key, digest, nullptr, key.handle()) != 1) {
    return false;
  }
  if (is_pss(algorithm) && !set_pss(of_key, digest)) return false;
  const std::string_view input = token.signing_input();
  return EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(input), input.size()) == 1;
}

std::vector<const Key*> candidates(const Header& header, const KeySet& keys) {
  std::vector<const Key*> found;
  for (const Key& key : keys.keys()) {
    if (found.size() == kMostTried) break;
    if (header.kid && key.kid() != header.kid) continue;
    if (key.fits(header.algorithm)) found.push_back(&key);
  }
  return found;
}

}  // namespace

Result<void> check_signature(const Token& token, const KeySet& keys, AlgorithmSet allowed) {
  const Header& header = token.header();
  if (!allowed.has(header.algorithm)) {
    return fail("the token is signed with " + std::string(to_text(header.algorithm)) + "; allowed is " + allowed.text(),
                Status::not_authorized);
  }
  const auto possible = candidates(header, keys);
  if (possible.empty()) {
    return fail(header.kid ? "no known key has the 'kid' of the token and fits its algorithm"
                           : "no known key fits the algorithm of the token",
                Status::no_match);
  }
  for (const Key* key : possible) {
    if (signed_by(token, *key)) return trellis::ok();
  }
  return fail("the signature of the token is wrong", Status::not_authorized);
}

}  // namespace jose

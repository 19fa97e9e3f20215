#include <openssl/pem.h>

#include <cstring>
#include <memory>
#include <utility>

#include "common/jose/key_set.hpp"

namespace jose {
namespace {

using trellis::fail;
using trellis::Result;

constexpr std::size_t kLargestPem = 64 * 1024;

struct Freed {
  void operator()(void* memory) const noexcept { OPENSSL_free(memory); }
};

/// A block between BEGIN and END, decoded.
struct Block {
  std::string name;
  std::unique_ptr<unsigned char, Freed> der;
  long size = 0;
};

/// False where there is no further one.
bool next_block(BIO* from, Block& block) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* der = nullptr;
  long size = 0;
  if (PEM_read_bio(from, &name, &header, &der, &size) != 1) return false;
  block.name = name;
  block.der.reset(der);
  block.size = size;
  OPENSSL_free(name);
  OPENSSL_free(header);
  return true;
}

Result<PublicKey> key_of_certificate(const Block& block) {
  const unsigned char* at = block.der.get();
  const Certificate certificate(d2i_X509(nullptr, &at, block.size));
  if (certificate == nullptr) return fail("its certificate is damaged");
  PublicKey key(X509_get_pubkey(certificate.get()));
  if (key == nullptr) return fail("its certificate holds a key of an unknown kind");
  return key;
}

Result<PublicKey> key_of(const Block& block) {
  const unsigned char* at = block.der.get();
  PublicKey key;
  if (block.name == PEM_STRING_X509 || block.name == PEM_STRING_X509_OLD || block.name == PEM_STRING_X509_TRUSTED) {
    return key_of_certificate(block);
  }
  if (block.name == PEM_STRING_PUBLIC) key.reset(d2i_PUBKEY(nullptr, &at, block.size));
  if (block.name == PEM_STRING_RSA_PUBLIC) key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, block.size));
  if (key == nullptr) return fail("its block '" + block.name + "' holds no public key");
  return key;
}

}  // namespace

Result<PublicKey> read_pem(std::string_view pem) {
  const CleanErrors clean;
  if (pem.size() > kLargestPem) return fail("it has more than " + std::to_string(kLargestPem) + " bytes");
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  if (bio == nullptr) return fail("there is no memory for it");
  PublicKey found;
  bool certificate = false;
  for (Block block; next_block(bio.get(), block);) {
    if (block.name.ends_with("PRIVATE KEY")) return fail("it holds a private key, which belongs to the issuer alone");
    auto key = key_of(block);
    if (!key) return key;
    // A second one would be its issuer's, whose key must not sign tokens.
    const bool is_certificate = block.name.ends_with("CERTIFICATE");
    if (certificate && is_certificate) return fail("it holds more than one certificate, expected the issuer's");
    certificate = certificate || is_certificate;
    if (found != nullptr && EVP_PKEY_eq(found.get(), key->get()) != 1) return fail("it holds two different keys");
    found = std::move(*key);
  }
  const unsigned long error = ERR_peek_last_error();
  if (ERR_GET_REASON(error) != PEM_R_NO_START_LINE) return fail("a block of it is damaged");
  if (found == nullptr) return fail("it holds neither a certificate nor a public key in PEM");
  return found;
}

}  // namespace jose

#include "common/jose/key.hpp"

#include <openssl/core_names.h>

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace jose {
namespace {

using trellis::fail;
using trellis::Result;

Result<Key::Kind> kind_of_curve(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  std::size_t size = 0;
  // A curve given by its parameters has no name: such keys were used for forgeries and are of no use otherwise.
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &size) != 1) return fail("its curve has no name");
  const std::string_view curve(name.data(), size);
  if (curve == "prime256v1") return Key::Kind::p256;
  if (curve == "secp384r1") return Key::Kind::p384;
  if (curve == "secp521r1") return Key::Kind::p521;
  return fail("its curve is " + std::string(curve) + ", not P-256, P-384 or P-521");
}

// A public exponent of 1 lets everybody sign, one of thousands of bits makes each check a burden.
Result<Key::Kind> check_rsa(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kSmallestRsaBits || bits > kLargestRsaBits) {
    return fail("it is an RSA key of " + std::to_string(bits) + " bits, expected " + std::to_string(kSmallestRsaBits) +
                " to " + std::to_string(kLargestRsaBits));
  }
  BIGNUM* read = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &read) != 1) return fail("it has no public exponent");
  const Number exponent(read);
  if (BN_is_odd(read) == 0 || BN_is_one(read) != 0 || BN_num_bits(read) > 64) {
    return fail("its public exponent is not an odd number between 3 and 2^64");
  }
  return Key::Kind::rsa;
}

Result<Key::Kind> kind_of(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return check_rsa(key);
    case EVP_PKEY_EC:
      return kind_of_curve(key);
    case EVP_PKEY_ED25519:
      return Key::Kind::ed25519;
    default:
      return fail("it is not an RSA, EC or Ed25519 key");
  }
}

bool kind_fits(Key::Kind kind, Algorithm algorithm) noexcept {
  switch (algorithm) {
    case Algorithm::rs256:
    case Algorithm::rs384:
    case Algorithm::rs512:
    case Algorithm::ps256:
    case Algorithm::ps384:
    case Algorithm::ps512:
      return kind == Key::Kind::rsa;
    case Algorithm::es256:
      return kind == Key::Kind::p256;
    case Algorithm::es384:
      return kind == Key::Kind::p384;
    case Algorithm::es512:
      return kind == Key::Kind::p521;
    case Algorithm::eddsa:
      return kind == Key::Kind::ed25519;
  }
  return false;
}

}  // namespace

std::size_t coordinate_bytes(Key::Kind kind) noexcept {
  switch (kind) {
    case Key::Kind::p256:
      return 32;
    case Key::Kind::p384:
      return 48;
    case Key::Kind::p521:
      return 66;
    case Key::Kind::rsa:
    case Key::Kind::ed25519:
      return 0;
  }
  return 0;
}

Result<Key> Key::make(PublicKey key, std::optional<std::string> kid, std::optional<Algorithm> only) {
  const CleanErrors clean;
  auto kind = kind_of(key.get());
  if (!kind) return kind.error();
  if (only && !kind_fits(*kind, *only)) return fail("its 'alg' is for another kind of key");
  Key made;
  made.key_ = std::move(key);
  made.kid_ = std::move(kid);
  made.only_ = only;
  made.kind_ = *kind;
  return made;
}

bool Key::fits(Algorithm algorithm) const noexcept {
  return kind_fits(kind_, algorithm) && (!only_ || *only_ == algorithm);
}

bool Key::same_as(const Key& other) const noexcept {
  const CleanErrors clean;
  return kind_ == other.kind_ && EVP_PKEY_eq(key_.get(), other.key_.get()) == 1;
}

}  // namespace jose

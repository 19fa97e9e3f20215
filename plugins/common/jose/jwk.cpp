#include "common/jose/jwk.hpp"

#include <openssl/core_names.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "common/jose/base64url.hpp"

namespace jose {
namespace {

using trellis::fail;
using trellis::Result;
using trellis::json::Type;
using trellis::json::Value;

Result<std::optional<std::string>> text_of(const Value& jwk, std::string_view name) {
  const Value* value = jwk.find(name);
  if (value == nullptr) return std::optional<std::string>();
  if (value->type != Type::text) return fail("its '" + std::string(name) + "' is not text");
  return std::optional<std::string>(value->text);
}

Result<std::string> bytes_of(const Value& jwk, std::string_view name) {
  auto text = text_of(jwk, name);
  if (!text) return text.error();
  auto bytes = *text ? from_base64url(**text) : std::nullopt;
  if (!bytes || bytes->empty()) return fail("its '" + std::string(name) + "' is not base64url without padding");
  return std::move(*bytes);
}

bool is_for_signatures(const Value& jwk) {
  const Value* use = jwk.find("use");
  if (use != nullptr && (use->type != Type::text || use->text != "sig")) return false;
  const Value* operations = jwk.find("key_ops");
  return operations == nullptr || std::ranges::any_of(operations->items, [](const Value& each) {
           return each.type == Type::text && each.text == "verify";
         });
}

Number number_of(std::string_view bytes) {
  return Number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()), nullptr));
}

Result<PublicKey> from_parameters(const char* kind, OSSL_PARAM_BLD* builder) {
  const Parameters parameters(OSSL_PARAM_BLD_to_param(builder));
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* made = nullptr;
  if (parameters == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return fail("its numbers are no key");
  }
  return PublicKey(made);
}

Result<PublicKey> read_rsa(const Value& jwk) {
  const auto modulus = bytes_of(jwk, "n");
  if (!modulus) return modulus.error();
  const auto exponent = bytes_of(jwk, "e");
  if (!exponent) return exponent.error();
  // Before OpenSSL looks at it: numbers of any size are read there.
  if (modulus->size() > static_cast<std::size_t>(kLargestRsaBits / 8) || exponent->size() > 8) {
    return fail("it is larger than an RSA key of " + std::to_string(kLargestRsaBits) + " bits");
  }
  const Number n = number_of(*modulus);
  const Number e = number_of(*exponent);
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (n == nullptr || e == nullptr || builder == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return fail("its numbers are no key");
  }
  return from_parameters("RSA", builder.get());
}

Result<PublicKey> read_ec(const Value& jwk, std::string_view curve) {
  const char* group = curve == "P-256" ? "prime256v1" : curve == "P-384" ? "secp384r1" : "secp521r1";
  const std::size_t size = curve == "P-256" ? 32 : curve == "P-384" ? 48 : 66;
  const auto x = bytes_of(jwk, "x");
  if (!x) return x.error();
  const auto y = bytes_of(jwk, "y");
  if (!y) return y.error();
  if (x->size() != size || y->size() != size) return fail("its coordinates do not have the size of its curve");
  const std::string point = '\x04' + *x + *y;
  const ParameterBuilder builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, group, 0) != 1 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1) {
    return fail("its numbers are no key");
  }
  auto key = from_parameters("EC", builder.get());
  if (!key) return key;
  const KeyContext check(EVP_PKEY_CTX_new_from_pkey(nullptr, key->get(), nullptr));
  if (check == nullptr || EVP_PKEY_public_check(check.get()) != 1) return fail("its point is not on its curve");
  return key;
}

Result<PublicKey> read_okp(const Value& jwk) {
  const auto x = bytes_of(jwk, "x");
  if (!x) return x.error();
  PublicKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr,
                                            reinterpret_cast<const unsigned char*>(x->data()), x->size()));
  if (key == nullptr) return fail("its 'x' is no Ed25519 key");
  return key;
}

bool known_curve(std::string_view curve) { return curve == "P-256" || curve == "P-384" || curve == "P-521"; }

}  // namespace

Result<std::optional<Key>> read_jwk(const Value& jwk) {
  const CleanErrors clean;
  if (jwk.type != Type::object) return fail("it is not a JSON object");
  const auto kind = text_of(jwk, "kty");
  if (!kind) return kind.error();
  if (!*kind) return fail("it has no 'kty'");
  const auto curve = text_of(jwk, "crv");
  if (!curve) return curve.error();
  const std::string_view name = *curve ? std::string_view(**curve) : std::string_view();
  const bool usable =
      **kind == "RSA" || (**kind == "EC" && known_curve(name)) || (**kind == "OKP" && name == "Ed25519");
  if (!usable || !is_for_signatures(jwk)) return std::optional<Key>();
  const auto algorithm = text_of(jwk, "alg");
  if (!algorithm) return algorithm.error();
  const auto only = *algorithm ? algorithm_of(**algorithm) : std::nullopt;
  if (*algorithm && !only) return std::optional<Key>();
  // Whoever publishes the private half has lost it.
  if (jwk.find("d") != nullptr) return fail("it holds the private half too, which everybody knows now");
  auto kid = text_of(jwk, "kid");
  if (!kid) return kid.error();
  auto key = **kind == "RSA" ? read_rsa(jwk) : **kind == "EC" ? read_ec(jwk, name) : read_okp(jwk);
  if (!key) return key.error();
  auto made = Key::make(std::move(*key), std::move(*kid), only);
  if (!made) return made.error();
  return std::optional<Key>(std::move(*made));
}

}  // namespace jose

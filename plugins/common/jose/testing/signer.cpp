#include "common/jose/testing/signer.hpp"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <stdexcept>
#include <vector>

#include "common/jose/base64url.hpp"

namespace jose::testing {
namespace {

void need(bool worked, const char* what) {
  if (!worked) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

const char* curve_of(Algorithm algorithm) {
  return algorithm == Algorithm::es256 ? "P-256" : algorithm == Algorithm::es384 ? "P-384" : "P-521";
}

bool is_rsa(Algorithm algorithm) { return algorithm <= Algorithm::ps512; }
bool is_pss(Algorithm algorithm) { return is_rsa(algorithm) && algorithm >= Algorithm::ps256; }

EVP_PKEY* make_key(Algorithm algorithm, unsigned rsa_bits) {
  if (is_rsa(algorithm)) return EVP_RSA_gen(rsa_bits);
  if (algorithm == Algorithm::eddsa) return EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
  return EVP_EC_gen(curve_of(algorithm));
}

const EVP_MD* digest_of(Algorithm algorithm) {
  if (algorithm == Algorithm::eddsa) return nullptr;
  const std::string_view name = to_text(algorithm);
  return name.ends_with("256") ? EVP_sha256() : name.ends_with("384") ? EVP_sha384() : EVP_sha512();
}

std::string from_number(const BIGNUM* number, int size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  need(BN_bn2binpad(number, reinterpret_cast<unsigned char*>(bytes.data()), size) == size, "a number's size");
  return bytes;
}

std::string parameter(const EVP_PKEY* key, const char* name, int size = 0) {
  BIGNUM* read = nullptr;
  need(EVP_PKEY_get_bn_param(key, name, &read) == 1, name);
  const Number number(read);
  return to_base64url(from_number(read, size > 0 ? size : BN_num_bytes(read)));
}

// Both numbers side by side instead of in DER.
std::string to_raw(std::string_view der, int half) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const EcSignature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  need(signature != nullptr, "an EC signature");
  return from_number(ECDSA_SIG_get0_r(signature.get()), half) + from_number(ECDSA_SIG_get0_s(signature.get()), half);
}

template <class Write>
std::string pem(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  need(bio != nullptr && write(bio.get()) == 1, "PEM");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

Signer::Signer(Algorithm algorithm, unsigned rsa_bits) : algorithm_(algorithm), key_(make_key(algorithm, rsa_bits)) {
  need(key_ != nullptr, "no key");
}

Signer Signer::as(Algorithm algorithm) const {
  need(EVP_PKEY_up_ref(key_.get()) == 1, "a second owner");
  return {algorithm, PublicKey(key_.get())};
}

std::string Signer::sign(std::string_view header, std::string_view payload) const {
  const std::string input = to_base64url(header) + "." + to_base64url(payload);
  return input + "." + to_base64url(signature(input));
}

std::string Signer::token(std::string_view payload, std::optional<std::string_view> kid) const {
  std::string header = R"({"alg":")" + std::string(to_text(algorithm_)) + R"(","typ":"JWT")";
  if (kid) header += R"(,"kid":")" + std::string(*kid) + "\"";
  return sign(header + "}", payload);
}

std::string Signer::signature(std::string_view input) const {
  const DigestContext context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* of_key = nullptr;
  const EVP_MD* digest = digest_of(algorithm_);
  need(context != nullptr && EVP_DigestSignInit(context.get(), &of_key, digest, nullptr, key_.get()) == 1, "sign");
  if (is_pss(algorithm_)) {
    need(EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING) == 1 &&
             EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, RSA_PSS_SALTLEN_DIGEST) == 1,
         "PSS");
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(input.data());
  std::size_t size = 0;
  need(EVP_DigestSign(context.get(), nullptr, &size, bytes, input.size()) == 1, "the size of a signature");
  std::string made(size, '\0');
  need(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(made.data()), &size, bytes, input.size()) == 1,
       "a signature");
  made.resize(size);
  if (is_rsa(algorithm_) || algorithm_ == Algorithm::eddsa) return made;
  return to_raw(made, (EVP_PKEY_get_bits(key_.get()) + 7) / 8);
}

std::string Signer::public_key() const {
  return pem([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key_.get()); });
}

std::string Signer::private_key() const {
  return pem(
      [&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

std::string Signer::certificate() const {
  const Certificate made(X509_new());
  need(made != nullptr, "no certificate");
  X509_NAME* name = X509_get_subject_name(made.get());
  need(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>("issuer"), -1, -1,
                                  0) == 1 &&
           X509_set_issuer_name(made.get(), name) == 1 && X509_set_pubkey(made.get(), key_.get()) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(made.get()), 0) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600) != nullptr &&
           X509_sign(made.get(), key_.get(), digest_of(algorithm_)) > 0,
       "a certificate");
  return pem([&](BIO* bio) { return PEM_write_bio_X509(bio, made.get()); });
}

std::string Signer::jwk(std::string_view kid, std::string_view further) const {
  std::string text = R"({"kid":")" + std::string(kid) + R"(","use":"sig",)";
  if (is_rsa(algorithm_)) {
    text += R"("kty":"RSA","n":")" + parameter(key_.get(), OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
            parameter(key_.get(), OSSL_PKEY_PARAM_RSA_E) + "\"";
  } else if (algorithm_ == Algorithm::eddsa) {
    std::string raw(32, '\0');
    std::size_t size = raw.size();
    need(EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(raw.data()), &size) == 1, "raw key");
    text += R"("kty":"OKP","crv":"Ed25519","x":")" + to_base64url(raw) + "\"";
  } else {
    const int size = (EVP_PKEY_get_bits(key_.get()) + 7) / 8;
    text += R"("kty":"EC","crv":")" + std::string(curve_of(algorithm_)) + R"(","x":")" +
            parameter(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, size) + R"(","y":")" +
            parameter(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, size) + "\"";
  }
  return text + std::string(further) + "}";
}

}  // namespace jose::testing

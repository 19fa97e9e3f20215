// Makes it with OpenSSL.
#include "certificate.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace trellis::bench {
namespace {

constexpr long kLifetimeSeconds = 24 * 3600;

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

void require(bool condition, const char* what) {
  if (!condition) throw std::runtime_error(std::string("certificate: ") + what);
}

Certificate sign_itself(EVP_PKEY* key) {
  Certificate made(X509_new(), &X509_free);
  require(made != nullptr, "no memory");
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), kLifetimeSeconds);
  X509_NAME* const name = X509_get_subject_name(made.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
  X509_set_issuer_name(made.get(), name);
  X509_set_pubkey(made.get(), key);
  require(X509_sign(made.get(), key, EVP_sha256()) > 0, "cannot be signed");
  return made;
}

File create(const std::filesystem::path& path) {
  File file(std::fopen(path.c_str(), "w"), &std::fclose);
  require(file != nullptr, "cannot be written");
  return file;
}

}  // namespace

void make_certificate(const std::filesystem::path& directory) {
  const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  require(key != nullptr, "no key");
  const Certificate certificate = sign_itself(key.get());
  const File chain = create(directory / "server.pem");
  require(PEM_write_X509(chain.get(), certificate.get()) == 1, "cannot be written");
  const File secret = create(directory / "server.key");
  require(PEM_write_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "key cannot be written");
}

}  // namespace trellis::bench

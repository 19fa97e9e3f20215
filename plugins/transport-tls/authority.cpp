#include "authority.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <stdexcept>

namespace transport_tls {
namespace {

void check(bool good) {
  if (!good) throw std::runtime_error("OpenSSL failed: " + last_error());
}

PrivateKey make_key() {
  PrivateKey key(EVP_EC_gen("P-256"));
  check(key != nullptr);
  return key;
}

template <typename Write>
std::string to_pem(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  check(write(bio.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate); });
}

std::string pem_of(EVP_PKEY* key) {
  return to_pem([&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str());
  check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

// What certificates of every kind have. The start lies an hour back: clocks differ.
Certificate begin(const std::string& common_name, EVP_PKEY* key, std::chrono::seconds lifetime) {
  Certificate made(X509_new());
  X509_set_version(made.get(), X509_VERSION_3);
  std::uint64_t serial = 0;
  check(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial >> 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), static_cast<long>(lifetime.count()));
  check(X509_set_pubkey(made.get(), key) == 1);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
  return made;
}

bool is_address(const std::string& name) {
  ASN1_OCTET_STRING* const address = a2i_IPADDRESS(name.c_str());
  ASN1_OCTET_STRING_free(address);
  ERR_clear_error();
  return address != nullptr;
}

std::string alternatives(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    text += (text.empty() ? "" : ",") + std::string(is_address(name) ? "IP:" : "DNS:") + name;
  }
  return text;
}

}  // namespace

Authority::Authority(const std::string& common_name, std::chrono::seconds lifetime) : key_(make_key()) {
  certificate_ = begin(common_name, key_.get(), lifetime);
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  extend(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  extend(certificate_.get(), certificate_.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  extend(certificate_.get(), certificate_.get(), NID_subject_key_identifier, "hash");
  check(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) != 0);
}

Authority::Authority(const std::string& certificate_pem, const std::string& key_pem) {
  std::string error;
  auto certificates = read_certificates(certificate_pem, error);
  if (certificates.empty()) throw std::runtime_error("the CA's certificate " + error);
  certificate_ = std::move(certificates.front());
  key_ = read_key(key_pem, error);
  if (key_ == nullptr) throw std::runtime_error("the CA's key " + error);
}

std::string Authority::certificate() const { return pem_of(certificate_.get()); }
std::string Authority::key() const { return pem_of(key_.get()); }

Issued Authority::issue(const Request& request) const {
  const PrivateKey key = make_key();
  const Certificate made = begin(request.common_name, key.get(), request.lifetime);
  X509_set_issuer_name(made.get(), X509_get_subject_name(certificate_.get()));
  extend(made.get(), certificate_.get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(made.get(), certificate_.get(), NID_key_usage, "critical,digitalSignature");
  extend(made.get(), certificate_.get(), NID_ext_key_usage, request.server ? "serverAuth" : "clientAuth");
  extend(made.get(), certificate_.get(), NID_authority_key_identifier, "keyid");
  if (!request.names.empty()) extend(made.get(), certificate_.get(), NID_subject_alt_name, alternatives(request.names));
  check(X509_sign(made.get(), key_.get(), EVP_sha256()) != 0);
  return {pem_of(made.get()), pem_of(key.get())};
}

std::string Authority::revocation_list(const std::vector<std::string>& revoked_pem) const {
  const RevocationList list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(certificate_.get()));
  ASN1_TIME* const time = X509_gmtime_adj(nullptr, -60);
  X509_CRL_set1_lastUpdate(list.get(), time);
  X509_gmtime_adj(time, 30L * 24 * 3600);
  X509_CRL_set1_nextUpdate(list.get(), time);
  X509_gmtime_adj(time, -60);
  std::string error;
  for (const std::string& pem : revoked_pem) {
    const auto certificates = read_certificates(pem, error);
    if (certificates.empty()) continue;
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificates.front().get()));
    X509_REVOKED_set_revocationDate(entry, time);
    check(X509_CRL_add0_revoked(list.get(), entry) == 1);
  }
  ASN1_TIME_free(time);
  X509_CRL_sort(list.get());
  check(X509_CRL_sign(list.get(), key_.get(), EVP_sha256()) != 0);
  return to_pem([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, list.get()); });
}

}  // namespace transport_tls

#include "forge.hpp"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>
#include <trellis/json.hpp>

namespace x509::testing {
namespace {

using openssl::Bio;

void check(bool fine) {
  if (!fine) throw std::runtime_error("OpenSSL: " + openssl::last_error());
}

openssl::PrivateKey make_key(int rsa_bits) {
  openssl::PrivateKey key(rsa_bits > 0 ? EVP_RSA_gen(static_cast<unsigned>(rsa_bits)) : EVP_EC_gen("P-256"));
  check(key != nullptr);
  return key;
}

void add(X509* to, X509* issuer, int kind, const std::string& value) {
  if (value.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  check(made != nullptr);
  X509_add_ext(to, made, -1);
  X509_EXTENSION_free(made);
}

template <class Write>
std::string written(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()));
  check(write(bio.get()) == 1);
  const char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace

Wanted device(const std::string& common_name) { return {.subject = {{"CN", common_name}}}; }

Wanted authority(const std::string& common_name) {
  return {.subject = {{"CN", common_name}}, .usage = "critical,keyCertSign,cRLSign", .constraints = "critical,CA:TRUE"};
}

Forged::Forged(const Wanted& wanted) : Forged(wanted, nullptr) {}

Forged Forged::issue(const Wanted& wanted) const { return {wanted, this}; }

Forged::Forged(const Wanted& wanted, const Forged* issuer) : key_(make_key(wanted.rsa_bits)), certificate_(X509_new()) {
  static std::atomic<long> serial = 1000;
  X509* const made = certificate_.get();
  X509* const by = issuer == nullptr ? made : issuer->certificate();
  X509_set_version(made, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(made), wanted.from);
  ASN1_TIME_set(X509_getm_notAfter(made), wanted.until);
  for (const auto& [kind, value] : wanted.subject) {
    check(X509_NAME_add_entry_by_txt(X509_get_subject_name(made), kind.c_str(), MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(value.data()),
                                     static_cast<int>(value.size()), -1, 0) == 1);
  }
  X509_set_issuer_name(made, X509_get_subject_name(by));
  X509_set_pubkey(made, key_.get());
  add(made, by, NID_basic_constraints, wanted.constraints);
  add(made, by, NID_key_usage, wanted.usage);
  add(made, by, NID_ext_key_usage, wanted.extended_usage);
  add(made, by, NID_subject_alt_name, wanted.names);
  add(made, by, NID_subject_key_identifier, "hash");
  check(X509_sign(made, issuer == nullptr ? key_.get() : issuer->key_.get(), EVP_sha256()) != 0);
}

std::string Forged::revocation_list(const std::vector<const Forged*>& revoked, const ListOptions& options) const {
  const openssl::RevocationList list(X509_CRL_new());
  X509_CRL_set_version(list.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(certificate()));
  using Time = std::unique_ptr<ASN1_TIME, openssl::Freeing<&ASN1_TIME_free>>;
  const Time from(ASN1_TIME_set(nullptr, options.from));
  const Time until(ASN1_TIME_set(nullptr, options.until));
  X509_CRL_set1_lastUpdate(list.get(), from.get());
  X509_CRL_set1_nextUpdate(list.get(), until.get());
  for (const Forged* one : revoked) {
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(one->certificate()));
    X509_REVOKED_set_revocationDate(entry, from.get());
    check(X509_CRL_add0_revoked(list.get(), entry) == 1);
  }
  if (options.delta) {
    using Number = std::unique_ptr<ASN1_INTEGER, openssl::Freeing<&ASN1_INTEGER_free>>;
    const Number base(ASN1_INTEGER_new());
    ASN1_INTEGER_set(base.get(), 1);
    check(X509_CRL_add1_ext_i2d(list.get(), NID_delta_crl, base.get(), 1, 0) == 1);
  }
  X509_CRL_sort(list.get());
  check(X509_CRL_sign(list.get(), key_.get(), EVP_sha256()) != 0);
  return written([&](BIO* bio) { return PEM_write_bio_X509_CRL(bio, list.get()); });
}

openssl::Certificate Forged::copy() const { return openssl::Certificate(X509_dup(certificate())); }

std::string Forged::der() const {
  return written([&](BIO* bio) { return i2d_X509_bio(bio, certificate()); });
}

std::string Forged::pem() const {
  return written([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate()); });
}

std::string Forged::key_pem() const {
  return written(
      [&](BIO* bio) { return PEM_write_bio_PrivateKey(bio, key_.get(), nullptr, nullptr, 0, nullptr, nullptr); });
}

std::string quoted(const std::string& text) { return trellis::json::quote(text); }

std::string resource_of(const Forged& authority) {
  return R"({"encodedCertificate": )" + quoted(authority.pem()) + "}";
}

}  // namespace x509::testing

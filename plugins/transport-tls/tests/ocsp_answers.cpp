#include "ocsp_answers.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace transport_tls {
namespace {

using Id = std::unique_ptr<OCSP_CERTID, Freeing<&OCSP_CERTID_free>>;
using Time = std::unique_ptr<ASN1_TIME, Freeing<&ASN1_TIME_free>>;

Certificate first(const std::string& pem) {
  std::string error;
  return std::move(read_certificates(pem, error).at(0));
}

PrivateKey key_of(const std::string& pem) {
  std::string error;
  return read_key(pem, error);
}

Time at(std::chrono::seconds time) { return Time(ASN1_TIME_set(nullptr, time.count())); }

Id id_of(const Authority& authority, const std::string& certificate) {
  return Id(OCSP_cert_to_id(EVP_sha1(), first(certificate).get(), first(authority.certificate()).get()));
}

std::string der_of(OCSP_RESPONSE* response) {
  std::string der(static_cast<std::size_t>(i2d_OCSP_RESPONSE(response, nullptr)), '\0');
  auto* to = reinterpret_cast<unsigned char*>(der.data());
  i2d_OCSP_RESPONSE(response, &to);
  OCSP_RESPONSE_free(response);
  return der;
}

}  // namespace

std::string ocsp_answer(const Authority& authority, const std::string& certificate, const AnswerOptions& options,
                        const std::optional<Issued>& signer) {
  const Issued by = signer.value_or(Issued{authority.certificate(), authority.key()});
  const Time from = at(options.from);
  const Time until = options.until ? at(*options.until) : nullptr;
  const Time revoked = options.status == V_OCSP_CERTSTATUS_REVOKED ? at(options.from) : nullptr;
  OCSP_BASICRESP* const basic = OCSP_BASICRESP_new();
  OCSP_basic_add1_status(basic, id_of(authority, certificate).get(), options.status, OCSP_REVOKED_STATUS_KEYCOMPROMISE,
                         revoked.get(), from.get(), until.get());
  OCSP_basic_sign(basic, first(by.certificate).get(), key_of(by.key).get(), EVP_sha256(), nullptr, 0);
  OCSP_RESPONSE* const response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  OCSP_BASICRESP_free(basic);
  return der_of(response);
}

std::string ocsp_refusal(int status) { return der_of(OCSP_response_create(status, nullptr)); }

Issued extended(const Authority& authority, Issued issued, int extension, const std::string& value) {
  const Certificate certificate = first(issued.certificate);
  X509_EXTENSION_free(X509_delete_ext(certificate.get(), X509_get_ext_by_NID(certificate.get(), extension, -1)));
  X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, nullptr, extension, value.c_str());
  X509_add_ext(certificate.get(), made, -1);
  X509_EXTENSION_free(made);
  X509_sign(certificate.get(), key_of(authority.key()).get(), EVP_sha256());
  const Bio bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  issued.certificate.assign(data, static_cast<std::size_t>(size));
  return issued;
}

bool asks_about(const std::string& request, const Authority& authority, const std::string& certificate) {
  const auto* data = reinterpret_cast<const unsigned char*>(request.data());
  const std::unique_ptr<OCSP_REQUEST, Freeing<&OCSP_REQUEST_free>> read(
      d2i_OCSP_REQUEST(nullptr, &data, static_cast<long>(request.size())));
  if (read == nullptr || OCSP_request_onereq_count(read.get()) != 1) return false;
  if (OCSP_REQUEST_get_ext_count(read.get()) != 0) return false;
  OCSP_CERTID* const asked = OCSP_onereq_get0_id(OCSP_request_onereq_get0(read.get(), 0));
  return OCSP_id_cmp(asked, id_of(authority, certificate).get()) == 0;
}

}  // namespace transport_tls

#include "ocsp.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace transport_tls {
namespace {

using Request = std::unique_ptr<OCSP_REQUEST, Freeing<&OCSP_REQUEST_free>>;
using Response = std::unique_ptr<OCSP_RESPONSE, Freeing<&OCSP_RESPONSE_free>>;
using BasicResponse = std::unique_ptr<OCSP_BASICRESP, Freeing<&OCSP_BASICRESP_free>>;

constexpr std::string_view kInCertificate = "certificate";
/// How far the responder's clock may be ahead of ours.
constexpr std::chrono::minutes kSkew{5};

Certificate share(X509* certificate) {
  X509_up_ref(certificate);
  return Certificate(certificate);
}

// The first place in the authority information access that can be asked.
bool responder_of(X509* certificate, trellis::http::Url& url) {
  STACK_OF(OPENSSL_STRING)* const all = X509_get1_ocsp(certificate);
  bool found = false;
  for (int i = 0; i < sk_OPENSSL_STRING_num(all) && !found; ++i) {
    const auto parsed = trellis::http::parse_url(sk_OPENSSL_STRING_value(all, i));
    found = parsed.has_value();
    if (found) url = *parsed;
  }
  X509_email_free(all);
  return found;
}

OcspJudgement failed(std::string why) { return {OcspOutcome::failed, std::move(why)}; }

BasicResponse read_response(std::string_view der, std::string& why) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const Response response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
  if (response == nullptr || at != end) {
    why = "what it answers is no OCSP response";
    return nullptr;
  }
  const int status = OCSP_response_status(response.get());
  if (status != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    why = "it refuses to answer: " + std::string(OCSP_response_status_str(status));
    return nullptr;
  }
  BasicResponse basic(OCSP_response_get1_basic(response.get()));
  if (basic == nullptr) why = "its response is of an unknown type";
  return basic;
}

// Not OCSP_check_validity(), which reads the system's clock and would let an expired one pass within the skew: what is
// kept until it expires must not have done so.
OcspJudgement judge_status(int status, const ASN1_TIME* from, const ASN1_TIME* until, std::chrono::seconds now) {
  const std::chrono::seconds begins(unix_time(from));
  const std::chrono::seconds ends(until == nullptr ? 0 : unix_time(until));
  if (begins.count() == 0 || begins > now + kSkew) return failed("its response does not hold yet");
  if (until != nullptr && ends <= now) return failed("its response has expired");
  if (status == V_OCSP_CERTSTATUS_REVOKED) return {OcspOutcome::revoked};
  if (status != V_OCSP_CERTSTATUS_GOOD) return failed("it does not know the certificate");
  if (until == nullptr) return failed("its response does not say until when it holds");
  return {OcspOutcome::good, {}, ends};
}

}  // namespace

trellis::Result<trellis::http::Url> parse_responder(const std::string& setting) {
  if (setting == kInCertificate) return trellis::http::Url{};
  auto url = trellis::http::parse_url(setting);
  if (url) return url;
  return trellis::fail(R"(it is "certificate" or the URL of a responder: )" + url.error().text);
}

std::shared_ptr<OcspSubject> OcspSubject::make(const std::vector<Certificate>& chain, const std::string& file,
                                               const std::string& responder, std::string& error) {
  std::shared_ptr<OcspSubject> made(new OcspSubject);
  error = "ocsp_responder: " + file;
  if (chain.size() < 2 || X509_check_issued(chain[1].get(), chain[0].get()) != X509_V_OK) {
    error += " holds no issuer's certificate, which an OCSP request needs; it comes second";
    return nullptr;
  }
  if (responder != kInCertificate) {
    made->responder_ = parse_responder(responder).value();  // configure() has looked at it
  } else if (!responder_of(chain[0].get(), made->responder_)) {
    error += " names no OCSP responder in its certificate; give its URL instead of \"certificate\"";
    return nullptr;
  }
  made->file_ = file;
  made->certificate_ = share(chain[0].get());
  made->issuer_ = share(chain[1].get());
  if (!made->build_request()) {
    error += ": " + last_error();
    return nullptr;
  }
  error.clear();
  return made;
}

// SHA-1 only names the issuer here, and is what every responder knows (RFC 5019, 2.1.1). No nonce: responders answer
// with what they have signed before.
bool OcspSubject::build_request() {
  id_.reset(OCSP_cert_to_id(EVP_sha1(), certificate_.get(), issuer_.get()));
  trusted_.reset(X509_STORE_new());
  X509_STORE_add_cert(trusted_.get(), issuer_.get());
  X509_STORE_set_flags(trusted_.get(), X509_V_FLAG_PARTIAL_CHAIN);  // mostly it is an intermediate one
  const Request request(OCSP_REQUEST_new());
  Id copy(OCSP_CERTID_dup(id_.get()));
  if (copy == nullptr || OCSP_request_add0_id(request.get(), copy.get()) == nullptr) return false;
  (void)copy.release();
  const int size = i2d_OCSP_REQUEST(request.get(), nullptr);
  if (size <= 0) return false;
  request_.resize(static_cast<std::size_t>(size));
  auto* to = reinterpret_cast<unsigned char*>(request_.data());
  return i2d_OCSP_REQUEST(request.get(), &to) == size;
}

bool OcspSubject::same(const OcspSubject& other) const {
  return X509_cmp(certificate_.get(), other.certificate_.get()) == 0 &&
         X509_cmp(issuer_.get(), other.issuer_.get()) == 0 && responder_ == other.responder_;
}

// By the issuer itself, or by whom it made a certificate for that purpose (RFC 6960, 4.2.2.2).
bool OcspSubject::is_signed(OCSP_BASICRESP* response) const {
  STACK_OF(X509)* known = sk_X509_new_null();
  sk_X509_push(known, issuer_.get());
  const bool sound = OCSP_basic_verify(response, known, trusted_.get(), OCSP_NOEXPLICIT) == 1;
  sk_X509_free(known);
  return sound;
}

OcspJudgement OcspSubject::judge(std::string_view der, std::chrono::seconds now) const {
  ERR_clear_error();
  std::string why;
  const BasicResponse response = read_response(der, why);
  if (response == nullptr) {
    ERR_clear_error();
    return failed(why);
  }
  if (!is_signed(response.get())) return failed("its response is not the issuer's: " + last_error());
  int status = 0;
  int reason = 0;
  ASN1_GENERALIZEDTIME* revoked = nullptr;
  ASN1_GENERALIZEDTIME* from = nullptr;
  ASN1_GENERALIZEDTIME* until = nullptr;
  if (OCSP_resp_find_status(response.get(), id_.get(), &status, &reason, &revoked, &from, &until) != 1) {
    return failed("its response is about another certificate");
  }
  return judge_status(status, from, until, now);
}

void OcspSubject::keep(std::shared_ptr<const OcspResponse> response) {
  const std::lock_guard lock(mutex_);
  kept_.swap(response);
}

std::shared_ptr<const OcspResponse> OcspSubject::kept() const {
  const std::lock_guard lock(mutex_);
  return kept_;
}

}  // namespace transport_tls

/// OCSP without sockets: asks whether a certificate of ours is revoked, and judges what is answered (RFC 6960).
#pragma once

#include <openssl/ocsp.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/url.hpp"
#include "openssl.hpp"

namespace transport_tls {

enum class OcspOutcome : std::uint8_t {
  good = 1,  ///< not revoked: fit to be stapled
  revoked,
  failed  ///< nothing that can be relied on
};

struct OcspJudgement {
  OcspOutcome outcome = OcspOutcome::failed;
  std::string why = {};            ///< of failed
  std::chrono::seconds expires{};  ///< of good: Unix time from which on it does not hold any more
};

/// A good response.
struct OcspResponse {
  std::string der;
  std::chrono::seconds expires{};
};

/// One certificate of ours whose responses are fetched, with the last good one. Contexts that are read again share it
/// with those before them as long as it is the same certificate. All but keep() and kept() is immutable. [any]
class OcspSubject {
 public:
  /// chain: the certificate and its issuer, as `file` holds them. responder: a URL, or "certificate" for the one that
  /// stands in there. Null with error set: "ocsp_responder: server.pem holds no issuer's certificate, …".
  static std::shared_ptr<OcspSubject> make(const std::vector<Certificate>& chain, const std::string& file,
                                           const std::string& responder, std::string& error);
  OcspSubject(const OcspSubject&) = delete;
  OcspSubject& operator=(const OcspSubject&) = delete;

  /// The same certificate of the same issuer, asked about at the same place.
  bool same(const OcspSubject& other) const;
  const std::string& file() const noexcept { return file_; }
  const trellis::http::Url& responder() const noexcept { return responder_; }
  /// In DER, to be posted.
  const std::string& request() const noexcept { return request_; }
  /// What a response in DER says; now is Unix time.
  OcspJudgement judge(std::string_view der, std::chrono::seconds now) const;

  /// Null: there is nothing to staple.
  void keep(std::shared_ptr<const OcspResponse> response);
  std::shared_ptr<const OcspResponse> kept() const;

 private:
  using Id = std::unique_ptr<OCSP_CERTID, Freeing<&OCSP_CERTID_free>>;

  OcspSubject() = default;
  bool build_request();
  bool is_signed(OCSP_BASICRESP* response) const;

  std::string file_;
  Certificate certificate_;
  Certificate issuer_;
  Store trusted_;  ///< the issuer alone
  Id id_;
  trellis::http::Url responder_;
  std::string request_;
  mutable std::mutex mutex_;  ///< guards kept_; of clients, only those that ask for a response get here
  std::shared_ptr<const OcspResponse> kept_;
};

/// Whether a setting "ocsp_responder" can be one. The URL is not set where it is "certificate".
trellis::Result<trellis::http::Url> parse_responder(const std::string& setting);

}  // namespace transport_tls

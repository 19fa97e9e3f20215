/// A responder's side of OCSP in tests: answers about certificates, sound and unsound ones.
#pragma once

#include <openssl/ocsp.h>

#include <chrono>
#include <optional>
#include <string>

#include "authority.hpp"

namespace transport_tls {

struct AnswerOptions {
  std::chrono::seconds from{};
  std::optional<std::chrono::seconds> until = {};  ///< absent: it is not said
  int status = V_OCSP_CERTSTATUS_GOOD;
};

/// An answer in DER about a certificate (PEM) of that authority, signed with another certificate, or its own.
std::string ocsp_answer(const Authority& authority, const std::string& certificate, const AnswerOptions& options,
                        const std::optional<Issued>& signer = {});
/// One without content: OCSP_RESPONSE_STATUS_….
std::string ocsp_refusal(int status);

/// The certificate with an extension more, or another one, signed again.
Issued extended(const Authority& authority, Issued issued, int extension, const std::string& value);

/// Whether a request in DER asks about that certificate (PEM) alone, without a nonce.
bool asks_about(const std::string& request, const Authority& authority, const std::string& certificate);

}  // namespace transport_tls

#include "question.hpp"

#include <trellis/json.hpp>

#include "common/base64/base64.hpp"

namespace webhook {
namespace {

void add(std::string& body, std::string_view name, std::string_view value) {
  body += body.empty() ? '{' : ',';
  body += trellis::json::quote(name) + ':' + trellis::json::quote(value);
}

}  // namespace

std::string to_pem(std::string_view der) {
  static constexpr std::size_t kLine = 64;
  const std::string text = common::to_base64(der);
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t at = 0; at < text.size(); at += kLine) pem.append(text, at, kLine).push_back('\n');
  return pem + "-----END CERTIFICATE-----\n";
}

std::string question_body(const trellis::AuthRequest& request) {
  std::string body;
  add(body, "clientId", request.client_id);
  if (request.has_username()) add(body, "userName", request.username);
  if (request.has_password()) add(body, "password", common::to_base64(request.password));
  if (request.has_method()) add(body, "authenticationMethod", request.method);
  if (request.has_method() && !request.data.empty()) {
    add(body, "authenticationData", common::to_base64(request.data));
  }
  std::string chain;
  for (std::size_t i = 0; i < request.certificates.size(); ++i) {
    const std::string pem = to_pem(trellis::text(request.certificates[i]));
    if (i == 0) {
      add(body, "clientCertificate", pem);
    } else {
      chain += pem;
    }
  }
  if (!chain.empty()) add(body, "clientCertificateChain", chain);
  return body + '}';
}

}  // namespace webhook

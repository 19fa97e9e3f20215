#include "token_request.hpp"

#include <utility>

#include "common/base64/base64.hpp"
#include "common/http/target.hpp"

namespace common {
namespace {

/// As forms and, before it becomes base64, Basic authorization write it (RFC 6749, 2.3.1).
std::string encoded(std::string_view text) { return trellis::http::percent_encode(text, "-._*"); }

}  // namespace

trellis::http::ClientRequest TokenRequest::to_send() const {
  trellis::http::ClientRequest made;
  made.method = "POST";
  made.url = url;
  made.headers = {{"accept", "application/json"},
                  {"content-type", "application/x-www-form-urlencoded"},
                  {"authorization", authorization}};
  made.body = form;
  made.layer = layer;
  return made;
}

TokenRequest token_request(trellis::http::Url url, const ClientCredentials& credentials) {
  TokenRequest request;
  request.url = std::move(url);
  request.form = "grant_type=client_credentials";
  if (!credentials.scope.empty()) request.form += "&scope=" + encoded(credentials.scope);
  request.authorization =
      "Basic " + to_base64(encoded(credentials.client_id) + ":" + encoded(credentials.client_secret));
  request.layer = credentials.layer;
  request.key = request.url.origin() + request.url.target + "\n" + request.layer + "\n" + request.form + "\n" +
                request.authorization;
  return request;
}

std::string filled(std::string_view text, std::string_view name, std::string_view value) {
  std::string out;
  for (;;) {
    const std::size_t found = text.find(name);
    out += text.substr(0, found);
    if (found == std::string_view::npos) return out;
    out += value;
    text.remove_prefix(found + name.size());
  }
}

}  // namespace common

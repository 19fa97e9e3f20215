// The request that fetches a token by client credentials (RFC 6749, 4.4).
#pragma once

#include <string>
#include <string_view>

#include "common/http/client.hpp"
#include "common/http/url.hpp"

namespace common {

/// Who asks, and for what.
struct ClientCredentials {
  std::string client_id;
  std::string client_secret;
  std::string scope;  // empty: the issuer's usual one
  std::string layer;  // which encrypts the connection; empty: the broker's own
};

struct TokenRequest {
  trellis::http::Url url;
  std::string form;           // body
  std::string authorization;  // value of the header
  std::string layer;
  std::string key;  // the same for the same token

  /// As the client sends it; its deadline and limits are left to whoever sends it.
  trellis::http::ClientRequest to_send() const;
};

TokenRequest token_request(trellis::http::Url url, const ClientCredentials& credentials);

/// The text with every `name` replaced.
std::string filled(std::string_view text, std::string_view name, std::string_view value);

}  // namespace common

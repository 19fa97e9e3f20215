/// What connections made from here are encrypted with: whom they trust, and what they show.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "openssl.hpp"
#include "settings.hpp"

namespace transport_tls {

/// Immutable once loaded, shared by all shards. [any]
class DialledContext {
 public:
  /// Reads the files. Null with error set: "/dialling/server_ca: ca.pem holds no certificate in PEM".
  static std::unique_ptr<const DialledContext> load(const Settings& settings, std::string& error);

  /// A session that is to prove that it is `host`, which may be a numeric address. alpn: what is offered, with commas
  /// between; empty: what the settings say. Null where nobody could prove such a name, or nothing can be offered so.
  Session session(const std::string& host, std::string_view alpn) const;

 private:
  bool trust(const DiallingSettings& files, std::string& error);
  bool show(const DiallingSettings& files, std::string& error);

  Context context_{SSL_CTX_new(TLS_client_method())};
};

}  // namespace transport_tls

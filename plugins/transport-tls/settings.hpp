/// What the operator may choose about TLS.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>
#include <vector>

namespace transport_tls {

enum class ClientCertificates : std::uint8_t {
  none,       ///< not asked for
  requested,  ///< taken where the client has one; who judges it are the authenticators
  required,   ///< no handshake without one
  verified    ///< and only with one that leads to client_ca
};

/// Files a server proves its name with, and what it asks of those who use that name.
struct CertificateSettings {
  std::string chain;
  std::string key;
  std::vector<std::string> hosts;  ///< empty: those the certificate names
  std::string ocsp;                ///< what is stapled, where it is a file
  std::string ocsp_responder;      ///< where it is fetched: a URL, "certificate" for the one in there; empty: nowhere
  std::string client_ca;
  std::string client_crl;
  ClientCertificates client_certificates = ClientCertificates::none;
};

/// How connections made from here are encrypted.
struct DiallingSettings {
  std::string server_ca;  ///< empty: the system's authorities
  std::string server_crl;
  std::string chain;  ///< what is shown to servers that ask; empty: nothing
  std::string key;
  std::vector<std::string> alpn;
};

struct Settings {
  /// The first is for clients that name no host, or an unknown one. None: no clients are served.
  std::vector<CertificateSettings> certificates;
  DiallingSettings dialling;
  bool only_tls13 = false;
  std::string ciphers;
  std::string ciphersuites;
  std::vector<std::string> alpn;
  std::chrono::seconds resumption{};
  std::chrono::milliseconds watch_interval{};
};

trellis::Schema settings_schema();
Settings read_settings(const trellis::Config& config);
/// What the schema cannot say: "/certificates/0/ocsp_responder: …".
trellis::Result<void> check_settings(const Settings& settings);

}  // namespace transport_tls

#include "settings.hpp"

#include "ocsp.hpp"

namespace transport_tls {
namespace {

// Forward secrecy and authenticated encryption only (RFC 9325, 4.2).
constexpr std::string_view kCiphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr std::string_view kCiphersuites = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

trellis::Schema certificate_schema() {
  return trellis::Schema{}
      .path("chain", {.help = "PEM file: the server's certificate and the intermediate ones.", .required = true})
      .path("key", {.help = "PEM file: the private key, without a passphrase.", .required = true})
      .texts("hosts", {.help = "Host names it is shown to; those the certificate names unless set. \"*.example.com\" "
                               "stands for one more label.",
                       .fallback = "[]"})
      .path("ocsp", {.help = "DER file: an OCSP response to staple. Whatever fetches it may replace it at any time."})
      .text("ocsp_responder",
            {.help = "Where an OCSP response to staple is fetched, and renewed in time: the URL of the certificate "
                     "authority's responder, or \"certificate\" for the one that the certificate names. The second "
                     "certificate in `chain` has to be the issuer's, and `outbound` has to let the responder be "
                     "reached. Instead of `ocsp`; empty: nowhere.",
             .fallback = ""})
      .path("client_ca", {.help = "PEM file: who may have issued clients' certificates, for these hosts."})
      .path("client_crl", {.help = "PEM file: certificates of clients that were revoked. With it there has to be a "
                                   "list of every CA in client_ca."})
      .choice("client_certificates", {"none", "requested", "required", "verified"},
              {.help = "For clients of these hosts, where it differs from what holds for all."});
}

trellis::Schema dialling_schema() {
  return trellis::Schema{}
      .path("server_ca", {.help = "PEM file: whose certificates servers may have. Those the system trusts unless set."})
      .path("server_crl",
            {.help = "PEM file: certificates of servers that were revoked. With it there has to be a list "
                     "of every CA in server_ca, which it needs."})
      .path("chain",
            {.help = "PEM file: a certificate to show where a server asks for one, and the intermediate ones."})
      .path("key", {.help = "PEM file: its private key, without a passphrase."})
      .texts("alpn",
             {.help = "Protocols offered by ALPN, best first, where the plugin that dials names none of its own.",
              .fallback = "[]"});
}

ClientCertificates client_certificates(const std::string& name) {
  if (name == "requested") return ClientCertificates::requested;
  if (name == "required") return ClientCertificates::required;
  if (name == "verified") return ClientCertificates::verified;
  return ClientCertificates::none;
}

}  // namespace

trellis::Schema settings_schema() {
  return trellis::Schema{}
      .list("certificates", certificate_schema(),
            {.help = "What the broker proves its name with. The name a client asks for (SNI) picks the certificate; "
                     "the first is for those that ask for none or for an unknown one. Files are watched. Listeners "
                     "need at least one.",
             .fallback = "[]"})
      .object(
          "dialling", dialling_schema(),
          {.help = "Connections made from here: who is believed, and what is shown. The other side has to prove the "
                   "name that was dialled.",
           .fallback = "{}"})
      .choice("client_certificates", {"none", "requested", "required", "verified"},
              {.help = "none: clients are not asked for a certificate. requested: they are, and what they show is left "
                       "to the authenticators. required: no connection without one. verified: none without one that "
                       "client_ca's issued, that is not expired and not in client_crl.",
               .fallback = "none"})
      .choice("minimum_version", {"1.2", "1.3"}, {.help = "Oldest TLS version spoken.", .fallback = "1.2"})
      .text("ciphers",
            {.help = "Cipher suites of TLS 1.2, best first, in OpenSSL's names.", .fallback = std::string(kCiphers)})
      .text("ciphersuites", {.help = "Cipher suites of TLS 1.3, best first.", .fallback = std::string(kCiphersuites)})
      .texts("alpn", {.help = "Protocols agreed by ALPN, best first. A client that offers none of them is served "
                              "without an agreement.",
                      .fallback = R"(["mqtt", "h2", "http/1.1"])"})
      .duration("resumption", {.help = "How long a client may resume a session without a full handshake; the keys of "
                                       "its tickets change twice in that time. 0s: never.",
                               .fallback = "2h",
                               .maximum = "7d"})
      .duration("watch_interval",
                {.help = "How often the files are looked at.", .fallback = "1s", .minimum = "10ms", .maximum = "1h"})
      .example(R"({"certificates": [{"chain": "server.pem", "key": "server.key"}]})");
}

Settings read_settings(const trellis::Config& config) {
  Settings settings;
  const std::string of_all = std::string(config.text("client_certificates"));
  for (const trellis::Config& one : config.list("certificates")) {
    settings.certificates.push_back({one.text("chain"), one.text("key"), one.texts("hosts"), one.text("ocsp", ""),
                                     one.text("ocsp_responder"), one.text("client_ca", ""), one.text("client_crl", ""),
                                     client_certificates(one.text("client_certificates", of_all))});
  }
  const trellis::Config dialling = config.object("dialling");
  settings.dialling = {dialling.text("server_ca", ""), dialling.text("server_crl", ""), dialling.text("chain", ""),
                       dialling.text("key", ""), dialling.texts("alpn")};
  settings.only_tls13 = config.text("minimum_version") == "1.3";
  settings.ciphers = config.text("ciphers");
  settings.ciphersuites = config.text("ciphersuites");
  settings.alpn = config.texts("alpn");
  settings.resumption = std::chrono::duration_cast<std::chrono::seconds>(config.milliseconds("resumption"));
  settings.watch_interval = config.milliseconds("watch_interval");
  return settings;
}

trellis::Result<void> check_settings(const Settings& settings) {
  for (std::size_t i = 0; i < settings.alpn.size(); ++i) {
    if (!settings.alpn[i].empty() && settings.alpn[i].size() < 256) continue;
    return trellis::fail("/alpn/" + std::to_string(i) + ": the name of a protocol has 1 to 255 bytes");
  }
  for (std::size_t i = 0; i < settings.certificates.size(); ++i) {
    const CertificateSettings& one = settings.certificates[i];
    if (one.ocsp_responder.empty()) continue;
    const std::string where = "/certificates/" + std::to_string(i) + "/ocsp_responder: ";
    if (!one.ocsp.empty()) return trellis::fail(where + "the response is either fetched or read from the file `ocsp`");
    const auto responder = parse_responder(one.ocsp_responder);
    if (!responder) return trellis::fail(where + responder.error().text);
  }
  return trellis::ok();
}

}  // namespace transport_tls

/// What new handshakes are done with: everything the files said at one moment.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <trellis/host_names.hpp>
#include <vector>

#include "ocsp.hpp"
#include "openssl.hpp"
#include "settings.hpp"
#include "ticket_keys.hpp"

namespace transport_tls {

class DialledContext;

/// One certificate of ours, and how clients of its hosts are judged.
struct ServerContext {
  Context context;
  Store clients;                              ///< who may have issued their certificates; null: nobody is trusted
  std::string ocsp;                           ///< to be stapled, from a file
  std::shared_ptr<OcspSubject> ocsp_subject;  ///< or fetched; null: it is not
  ClientCertificates client_certificates = ClientCertificates::none;
  bool ticket_at_once = false;  ///< with the handshake, because another one would be dear
  /// Makes a session ask for the client's certificate as its host wants.
  void ask_client(SSL* session) const;
};

/// Immutable once loaded, shared by all shards and kept alive by the connections made with it. [any]
class Contexts {
 public:
  /// Reads every file. Null with error set: "certificates/0/key: server.key holds no private key in PEM".
  /// before: what the same settings said before, whose OCSP responses are taken over; null: nothing.
  static std::shared_ptr<const Contexts> load(const Settings& settings, TicketKeys& tickets, const Contexts* before,
                                              std::string& error);
  ~Contexts();
  Contexts(const Contexts&) = delete;
  Contexts& operator=(const Contexts&) = delete;

  /// For a host a client asked for; empty or unknown: the first. Only where there are certificates.
  const ServerContext& find(std::string_view host) const;
  /// When the certificate with that number in the settings expires, Unix time.
  std::int64_t expires_s(std::size_t index) const noexcept;
  /// Whose OCSP responses are to be fetched.
  std::vector<std::shared_ptr<OcspSubject>> ocsp_subjects() const;
  const DialledContext& dialled() const noexcept { return *dialled_; }
  const Settings& settings() const noexcept { return settings_; }
  TicketKeys& tickets() const noexcept { return tickets_; }
  const std::string& alpn() const noexcept { return alpn_; }

 private:
  Contexts(const Settings& settings, TicketKeys& tickets);
  bool add(std::size_t index, const ServerContext* before, std::string& error);
  bool use_client_ca(ServerContext& made, const CertificateSettings& files, std::string& error) const;
  bool set_up(ServerContext& made, std::string& error) const;

  const Settings settings_;
  TicketKeys& tickets_;
  std::string alpn_;  ///< as it stands on the wire
  std::vector<std::unique_ptr<ServerContext>> all_;
  trellis::HostNames<const ServerContext*> by_host_;
  std::unique_ptr<const DialledContext> dialled_;
};

/// Whether a chain leads to one of the CAs and nothing in it is revoked or expired. Leaf first. `why` says what is
/// wrong with it.
bool verifies(X509_STORE* store, X509* leaf, const std::vector<Certificate>& intermediates, std::string& why);

/// All files the settings name, to be watched.
std::vector<std::string> files_of(const Settings& settings);

}  // namespace transport_tls

/// What OpenSSL asks during a handshake: which certificate, which protocol, which keys for tickets.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "contexts.hpp"

namespace transport_tls {

/// What is known of a client beside what OpenSSL keeps. Belongs to one connection.
struct ClientFacts {
  struct Handshake {
    const ServerContext* server = nullptr;  ///< the one the client's host chose
    std::string host;                       ///< that it asked for
    bool resumed_verified = false;          ///< of a resumed session: whether the client's chain still verifies
  };
  std::shared_ptr<const Contexts> contexts;    ///< those its handshake was done with
  std::unique_ptr<Handshake> handshake;        ///< null when it is over
  std::unique_ptr<std::string> intermediates;  ///< of a resumed session: the chain without the client's own certificate
};

/// Makes the context ask us. The contexts outlive it.
void set_callbacks(SSL_CTX* context, const Contexts& contexts);

/// Whether the client is owed a ticket when its handshake is over. In TLS 1.3 it costs as much as the signature it will
/// save, so it is part of the handshake only where that pays: for clients that came by one, that were asked for a
/// certificate, or where ours has an RSA key.
bool owes_ticket(SSL* session);
/// Sends it; false when it has to wait.
bool send_ticket(SSL* session);

/// Wipes the keys of the key exchange, which OpenSSL would keep as long as the session.
void forget_ephemeral_keys(SSL* session);

}  // namespace transport_tls

/// What OpenSSL asks during a handshake: which certificate, which protocol, which keys for tickets.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "contexts.hpp"

namespace transport_tls {

/// What a handshake found out, beside what OpenSSL keeps. Belongs to one connection, found through its SSL.
struct HandshakeFacts {
  std::shared_ptr<const Contexts> contexts;  ///< those it is done with
  const ServerContext* server = nullptr;     ///< the one its host chose
  std::string host;                          ///< that the client asked for, until the handshake is over
  std::string intermediates;                 ///< of a resumed session: the client's chain without its own certificate
  bool resumed_verified = false;             ///< of a resumed session: whether that chain still verifies
};

/// Makes the context ask us. The contexts outlive it.
void set_callbacks(SSL_CTX* context, const Contexts& contexts);

/// To be called before the handshake.
void attach(SSL* session, HandshakeFacts& facts);

}  // namespace transport_tls

/// How OpenSSL reads and writes while a session is fed.
#pragma once

#include <string_view>
#include <trellis/layer.hpp>

#include "handshake.hpp"

namespace transport_tls {

/// Puts this thread's BIO under a session for as long as it lives: OpenSSL reads from the bytes that just arrived and
/// writes straight downwards, so no buffer stands between, and a session that is not fed has no BIO at all. Feeds may
/// be nested, also of one session: what goes up may come back as an answer.
class Feed {
 public:
  Feed(SSL* session, const trellis::LayerIo& io, ClientFacts& facts, std::string_view input = {});
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// Whether a read could find something. One that finds nothing costs OpenSSL a buffer, got and given back.
  bool readable() const { return !input_.empty() || SSL_has_pending(session_) == 1; }

 private:
  friend ClientFacts& facts_of(SSL* session);
  friend struct FeedBio;

  SSL* const session_;
  const trellis::LayerIo io_;
  ClientFacts& facts_;
  std::string_view input_;  ///< what OpenSSL has not read yet
  void* const outer_;       ///< the feed around this one, if any
  bool inner_;              ///< of the same session
};

/// Of a session that is being fed, as it is whenever OpenSSL calls back.
ClientFacts& facts_of(SSL* session);

}  // namespace transport_tls

/// The header a proxy puts before a connection's own bytes (PROXY protocol, versions 1 and 2).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace transport_proxy_protocol {

/// What the proxy says about the client.
struct Header {
  std::size_t bytes = 0;    ///< how long it is
  std::string peer;         ///< address:port; empty: the proxy speaks for itself or does not know
  std::string host;         ///< the name the client asked for
  std::string tls_version;  ///< of the client's connection to the proxy; empty: none, or not told
  std::string tls_cipher;
  std::string client_name;       ///< the common name of the client's certificate
  bool client_verified = false;  ///< it showed one, and the proxy verified it
};

enum class Outcome { wants_more, complete, malformed };

struct Read {
  Outcome outcome = Outcome::wants_more;
  Header header = {};
  std::string_view fault = {};  ///< static text, where it is malformed
};

/// Longest header that is read: a whole v1 line, a v2 header with its addresses and further facts.
inline constexpr std::size_t kMostBytes = 4096;

/// Reads a header that begins with these bytes.
Read read_header(std::string_view begin);

/// Whether these bytes are, or may become, the beginning of one.
bool may_begin(std::string_view begin, bool& certain) noexcept;

}  // namespace transport_proxy_protocol

/// Addresses of things: "https://api.example.com:8443/path?query".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

namespace trellis::http {

/// A URL taken apart. Made by parse_url(), which checks it.
struct Url {
  bool secure = true;        ///< https
  std::string host;          ///< lower case; addresses without brackets
  std::uint16_t port = 443;  ///< given, or the scheme's own
  std::string target = "/";  ///< path and query, as they go over the wire

  /// For the Host field: brackets around IPv6 addresses, no port where it is the scheme's own.
  std::string authority() const;
  /// "https://host:port", without path and query: those often hold secrets, so this is for logs.
  std::string origin() const;
  bool same_origin(const Url& other) const {
    return secure == other.secure && host == other.host && port == other.port;
  }

  bool operator==(const Url&) const = default;
};

/// Reads an absolute URL. Refused, with a sentence: other schemes, user:password@, '#', a host that is neither a name
/// nor an address (as "127.1" and "0x7f000001", which some take for one), broken percent-encoding, blanks and
/// controls. Errors do not repeat the URL.
Result<Url> parse_url(std::string_view text);

/// What a reference means where it was found: of a Location field. A fragment is left out.
Result<Url> resolve_url(const Url& base, std::string_view reference);

}  // namespace trellis::http

/// The request target: which path, query and host a request line means.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace trellis::http {

/// A target taken apart. Views point into the text it was parsed from.
struct Target {
  std::string path;                      ///< percent-decoded, begins with '/'; "*" for OPTIONS *
  std::string_view query;                ///< after '?', as sent
  std::optional<std::string_view> host;  ///< of an absolute target; it overrides the Host field (RFC 9112, 3.2.2)
};

/// Undoes percent-encoding once. Nothing when a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

/// What percent_decode() undoes. Letters, digits and the characters of `plain` stay as they are: those that have no
/// meaning of their own in a URL (RFC 3986, 2.3), unless somebody else's rules say otherwise.
std::string percent_encode(std::string_view text, std::string_view plain = "-._~");

/// Takes a target apart. Nothing when it is malformed, or when its path does not have exactly one meaning: "." and
/// ".." segments, an encoded '/' and an encoded NUL are refused, because a proxy in front of us, the mount table and
/// the service could each read them differently.
std::optional<Target> parse_target(std::string_view text, std::string_view method);

}  // namespace trellis::http

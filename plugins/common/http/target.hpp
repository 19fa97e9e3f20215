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

/// Takes a target apart. Nothing when it is malformed, or when its path does not have exactly one meaning: "." and
/// ".." segments, an encoded '/' and an encoded NUL are refused, because a proxy in front of us, the mount table and
/// the service could each read them differently.
std::optional<Target> parse_target(std::string_view text, std::string_view method);

}  // namespace trellis::http

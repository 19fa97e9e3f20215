// The texts with a meaning that a configuration may hold: addresses, topics, paths.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/schema/result.hpp>

namespace trellis::schema {

inline constexpr std::string_view kAddressGrammar =
    "host:port, [v6]:port, *:port, unix:/path or systemd:name, like \"127.0.0.1:1883\"";

struct Address {
  enum class Kind { ip4, ip6, name, any, unix_socket, inherited };
  Kind kind = Kind::name;
  std::string host;        // without brackets; the path of a Unix socket; the name of one that systemd opened
  std::uint16_t port = 0;  // 0 lets the system choose
};

/// Reads the form only; nothing is looked up.
Result<Address> parse_address(std::string_view text);

/// A topic name: no wildcards. Answers the text back.
Result<std::string> parse_topic(std::string_view text);
/// A topic filter: `+` stands for one level, `#` for the rest.
Result<std::string> parse_topic_filter(std::string_view text);
/// A file's path, as given.
Result<std::string> parse_path(std::string_view text);

}  // namespace trellis::schema

/// Where a broker's management API is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

namespace management::ctl {

inline constexpr std::string_view kUsualMount = "/management";

/// A TCP port of this machine, or a Unix socket. Tokens go over it in plain text, so nothing else is taken.
struct Address {
  std::string socket;  ///< path of a Unix socket; empty: TCP
  std::string host;    ///< "127.0.0.1", "::1"
  std::uint16_t port = 0;
  std::string host_field;  ///< for the Host field
  std::string mount;       ///< "/management"; empty: the root
  std::string text;        ///< for messages: "127.0.0.1:9090", "unix:/run/trellis/admin.sock"
};

/// "http://127.0.0.1:9090/management", "unix:/run/trellis/admin.sock", "unix:/run/trellis/admin.sock:/management".
trellis::Result<Address> parse_address(std::string_view text);

}  // namespace management::ctl

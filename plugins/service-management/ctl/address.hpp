/// Where a broker's APIs are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

namespace management::ctl {

/// An API that is spoken to, as messages call what belongs to it.
struct Api {
  std::string_view service;  ///< the plugin
  std::string_view option;   ///< that says where it is
  std::string_view variable;
  std::string_view usual_mount;  ///< where an address has no path; empty: the root
  std::string_view example;
};

inline constexpr Api kManagementApi{"service-management", "--server", "TRELLIS_SERVER", "/management",
                                    "http://127.0.0.1:9090/management"};
inline constexpr Api kEventApi{"service-events", "--events", "TRELLIS_EVENTS", "", "http://127.0.0.1:8080"};
inline constexpr Api kMqttApi{"service-mqtt-http", "--mqtt-api", "TRELLIS_MQTT", "/mqtt", "http://127.0.0.1:9090/mqtt"};

/// A TCP port of this machine, or a Unix socket. Tokens and keys go over it in plain text, so nothing else is taken.
struct Address {
  std::string socket;  ///< path of a Unix socket; empty: TCP
  std::string host;    ///< "127.0.0.1", "::1"
  std::uint16_t port = 0;
  std::string host_field;  ///< for the Host field
  std::string mount;       ///< "/management"; empty: the root
  std::string text;        ///< for messages: "127.0.0.1:9090", "unix:/run/trellis/admin.sock"
  const Api* api = &kManagementApi;
};

/// "http://127.0.0.1:9090/management", "unix:/run/trellis/admin.sock", "unix:/run/trellis/admin.sock:/management".
trellis::Result<Address> parse_address(std::string_view text, const Api& api = kManagementApi);

}  // namespace management::ctl

// Connection strings as Azure's messaging services hand them out:
// Endpoint=sb://plant.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey=…;EntityPath=orders
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/result.hpp>

namespace common {

struct ConnectionString {
  std::string host;
  std::uint16_t port = 0;  ///< 0: none is said
  std::string key_name;
  std::string key;
  std::string entity;     ///< empty: none is said
  bool emulator = false;  ///< of the vendor's emulator, which does not encrypt

  /// Names are taken in any case of their letters. What is wrong is said without values.
  static trellis::Result<ConnectionString> parse(std::string_view text);
};

}  // namespace common

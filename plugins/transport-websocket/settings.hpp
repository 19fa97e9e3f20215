/// What the operator may choose about WebSocket connections.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <trellis/config.hpp>
#include <trellis/schema.hpp>
#include <vector>

#include "common/http/request.hpp"

namespace transport_websocket {

struct Settings {
  std::vector<std::string> paths;
  std::vector<std::string> subprotocols;  ///< best first
  bool subprotocol_required = true;
  std::vector<std::string> origins;  ///< beside the host itself; "*": any
  bool text = false;                 ///< text messages are taken, too
  bool compression = false;
  std::uint64_t message_bytes = 0;
  trellis::http::Limits head;
};

trellis::Schema settings_schema();
Settings read_settings(const trellis::Config& config);

}  // namespace transport_websocket

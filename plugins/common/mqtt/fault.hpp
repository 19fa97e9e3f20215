/// What is wrong with a packet.
#pragma once

#include <string_view>

#include "common/mqtt/protocol.hpp"

namespace trellis::mqtt {

/// Reason code and a sentence for the peer and the log; true where something is wrong. The text is static.
struct Fault {
  Reason reason = Reason::success;
  std::string_view text{};

  explicit operator bool() const noexcept { return reason != Reason::success; }
};

}  // namespace trellis::mqtt

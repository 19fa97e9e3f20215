// Messages for tests, made in one line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/keeping/message.hpp>

#include "names.hpp"

namespace trellis::kernel::testing {

/// A publication of borrowed texts: they must outlive it.
inline trellis_publication publication(std::string_view topic, std::string_view payload = "", std::uint32_t qos = 0,
                                       std::uint32_t flags = 0) {
  trellis_publication made{};
  made.struct_size = sizeof made;
  made.topic = view_of(topic);
  made.payload = view_of(payload);
  made.qos = qos;
  made.flags = flags;
  return made;
}

/// A kept message, arrived at Unix time wall_ms.
inline MessagePtr message(std::string_view topic, std::string_view payload = "", std::uint32_t qos = 0,
                          std::uint32_t flags = 0, std::uint64_t origin = 0) {
  return make_message(publication(topic, payload, qos, flags), 0, "", "", origin);
}

/// A kept message that expires `expiry_s` seconds after Unix time wall_ms.
inline MessagePtr expiring(std::string_view topic, std::string_view payload, std::uint32_t qos, std::int64_t wall_ms,
                           std::uint32_t expiry_s) {
  trellis_publication made = publication(topic, payload, qos, TRELLIS_MESSAGE_HAS_EXPIRY);
  made.expiry_s = expiry_s;
  return make_message(made, wall_ms, "", "", 0);
}

}  // namespace trellis::kernel::testing

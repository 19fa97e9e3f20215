/// What outlives the process of a session besides what the kernel keeps.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/mqtt/packets.hpp"
#include "queues.hpp"
#include "will.hpp"

namespace trellis::mqtt {

/// As bytes: what set_memo() keeps.
struct KeptSession {
  Version version = Version::v311;
  std::uint32_t expiry_s = 0;
  std::string incoming{};  // IncomingIds::save(), for an owner in the same process
  std::unique_ptr<Will> will{};
  struct Queue {
    std::string filter;
    std::uint32_t identifier;
  };
  std::vector<Queue> queues{};  // it is subscribed to

  /// queues: null where there are none.
  static std::string save(Version version, std::uint32_t expiry_s, std::string_view incoming, const Will* will,
                          const Queues* queues);
  /// Takes what save() wrote; nothing where it is anything else.
  static std::optional<KeptSession> load(std::string_view memo);
};

}  // namespace trellis::mqtt

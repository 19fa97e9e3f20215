/// Where the dead letters of an event subscription go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>

namespace events_service {

struct Destination {
  enum class Kind : std::uint8_t { topic = 1, file };
  Kind kind = Kind::topic;
  std::string topic;      ///< of the same namespace
  std::string directory;  ///< below the plugin's path; empty: that itself

  /// Of deadLetterDestinationWithResourceIdentity.
  static trellis::Schema schema();
  /// Nothing where the subscription has none. queue: deliveryConfiguration.queue. has_path: whether files may be
  /// written.
  static trellis::Result<std::optional<Destination>> read(const trellis::Config& queue, bool has_path);
};

}  // namespace events_service

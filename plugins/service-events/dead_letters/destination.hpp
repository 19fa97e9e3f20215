/// Where the dead letters of an event subscription go.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>

namespace events_service {

struct Destination {
  enum class Kind : std::uint8_t { topic = 1, file, blob };
  Kind kind = Kind::topic;
  std::string topic = {};      ///< of the same namespace
  std::string directory = {};  ///< below the plugin's path; empty: that itself
  std::string account = {};    ///< of blobs
  std::string container = {};

  /// What the folders of its files begin with: empty, or with a slash at the end.
  std::string prefix() const;

  /// Of deadLetterDestinationWithResourceIdentity.
  static trellis::Schema schema();
  /// Whether the plugin's settings have that account.
  using Knows = std::function<bool(const std::string& account)>;
  /// Nothing where the subscription has none. queue: deliveryConfiguration.queue.
  static trellis::Result<std::optional<Destination>> read(const trellis::Config& queue, const Knows& knows);
};

}  // namespace events_service

// What scripts reach beyond their own state: time, log, counters, the store they share, and the broker.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <trellis/host.hpp>

#include "owned_message.hpp"

namespace lua {

class Store;

/// Most messages of publish{} in one call.
inline constexpr int kMostPublications = 64;

/// Of one shard, or of a test. Called on its thread only; nothing here throws.
class Services {
 public:
  virtual ~Services() = default;
  /// Monotonic.
  virtual std::chrono::milliseconds now() const noexcept = 0;
  /// Unix time.
  virtual std::chrono::milliseconds wall() const noexcept = 0;
  virtual void log(trellis::Level level, std::string_view text) noexcept = 0;
  /// Adds to the script's own counter of that name; false where there are too many names.
  virtual bool count(std::string_view name, std::int64_t amount) noexcept = 0;
  virtual Store& store() noexcept = 0;

  /// Sends a message or an event of its own, once the call is over, into the namespace it names. False where too many
  /// wait, and of events where they are not sent at all.
  virtual bool publish(OwnedMessage message) noexcept = 0;
  /// The namespace of messages that name none, outside of calls that are about one; empty: there are several.
  virtual std::string_view only_namespace() const noexcept = 0;
  /// Has on_timer called with that name once, after that time; 0: not any more. False where too many names wait.
  virtual bool set_timer(std::string_view name, std::chrono::milliseconds delay) noexcept = 0;
  /// Tells the properties of a resource, by its name or its key, as JSON; false where there is none.
  virtual bool find_resource(std::string_view name_space, std::string_view type, std::string_view name, bool by_key,
                             std::string& json) noexcept = 0;
};

}  // namespace lua

/// Where events go that are never delivered.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "mark.hpp"

namespace events_service {

/// Borrowed for the call.
struct DeadLetter {
  std::uint32_t name_space;
  std::string_view topic;
  std::string_view subscription;
  std::string_view event;  ///< in its stored form
  Fate fate;
  std::uint32_t deliveries;
  std::uint32_t cause = 0;  ///< TRELLIS_CAUSE_… of the last attempt to push it; 0: it was not pushed, or nobody knows
  std::int64_t published_unix_ms;
  std::int64_t last_unix_ms;                  ///< when it was delivered last, or given up
  std::string_view custom_properties = "{}";  ///< a JSON object: the headers it was pushed with, without secrets
};

class DeadLetters {
 public:
  /// Whether that subscription has a place for them.
  virtual bool takes(std::uint32_t name_space, std::string_view topic, std::string_view subscription) = 0;
  /// done(kept) is called once, on this shard, perhaps before this returns.
  virtual void bury(const DeadLetter& letter, std::function<void(bool kept)> done) = 0;

 protected:
  ~DeadLetters() = default;
};

}  // namespace events_service

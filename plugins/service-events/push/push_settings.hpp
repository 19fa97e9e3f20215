/// How the events of a subscription are pushed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>
#include <vector>

#include "retry_schedule.hpp"

namespace events_service {

struct PushSettings {
  std::string handler;             ///< the plugin, as the configuration calls it
  std::string endpoint_type;       ///< as Event Grid calls it
  std::string properties = "{}";   ///< JSON, for the handler
  std::uint32_t batch_events = 1;  ///< most of one request
  std::size_t batch_bytes = 0;     ///< about as many, of a request with more than one event
  std::uint32_t parallel = 16;     ///< requests under way
  bool paused = false;
  std::string order_by;  ///< events that have the same there are delivered one after the other; empty: none are
  Tier schedule = Tier::name_space;
  RetryProfile profile = RetryProfile::durable;
  /// Headers of the destination's own that are no secrets, and where in the event the value is; for dead letters.
  struct Header {
    std::string name;
    std::string value;
    std::string source;  ///< empty: it is value, always
    bool operator==(const Header&) const = default;
  };
  std::vector<Header> headers;
  std::vector<std::chrono::milliseconds> delays;  ///< in place of the schedule; the last one is repeated

  /// Whether an attempt that the handler would make again is the last one.
  bool gives_up(const trellis_delivery_result& result) const noexcept;
  /// From an attempt to the next, where so many were made: at least 1.
  std::chrono::milliseconds wait_after(std::uint32_t attempts) const noexcept;

  bool operator==(const PushSettings&) const = default;

  /// Of deliveryConfiguration.push, but for what pull has as well.
  static trellis::Schema schema();
  /// push: that object. usual: of those that say nothing of it.
  static trellis::Result<PushSettings> read(const trellis::Config& push, RetryProfile usual);
  static RetryProfile profile_of(std::string_view name) noexcept;
  /// What an event is delivered with, as a JSON object: the headers above.
  std::string custom_properties(std::string_view event) const;
  /// What the handler's open() takes. consent: what the destination's is remembered by; empty: there is none.
  std::string destination(std::string_view name_space, std::string_view topic, std::string_view subscription,
                          std::string_view consent = {}) const;
};

}  // namespace events_service

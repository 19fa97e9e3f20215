/// When a delivery that failed is tried again, and how long nothing is tried at an endpoint that is ill.
#pragma once

#include <trellis/abi/handler.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace events_service {

enum class Tier : std::uint8_t {
  name_space,  ///< 0, 10 s, 30 s, 1 min, 5 min after the first attempt, then every 5 minutes
  basic        ///< 10 s, 30 s, 1, 5, 10, 30 min, 1, 3, 6 h between attempts, then every 12 hours
};

/// From an attempt to the next, where so many were made: at least 1.
constexpr std::chrono::milliseconds wait_after(Tier tier, std::uint32_t attempts) noexcept {
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  constexpr std::array<seconds, 5> kNamespace{seconds(10), seconds(20), seconds(30), minutes(4), minutes(5)};
  constexpr std::array<seconds, 10> kBasic{seconds(10), seconds(30), minutes(1), minutes(5), minutes(10),
                                           minutes(30), hours(1),    hours(3),   hours(6),   hours(12)};
  const auto at = [attempts](const auto& steps) {
    return steps[std::min<std::size_t>(attempts == 0 ? 0 : attempts - 1, steps.size() - 1)];
  };
  return tier == Tier::name_space ? at(kNamespace) : at(kBasic);
}

/// How long an endpoint that failed that way several times is left alone.
constexpr std::chrono::milliseconds pause_for(std::uint32_t cause) noexcept {
  switch (cause) {
    case TRELLIS_CAUSE_SOCKET:
      return std::chrono::seconds(30);
    case TRELLIS_CAUSE_NOT_FOUND:
    case TRELLIS_CAUSE_RESOLUTION:
    case TRELLIS_CAUSE_DISABLED:
    case TRELLIS_CAUSE_FULL:
    case TRELLIS_CAUSE_UNAUTHORIZED:
    case TRELLIS_CAUSE_FORBIDDEN:
      return std::chrono::minutes(5);
    default:
      return std::chrono::seconds(10);
  }
}

enum class RetryProfile : std::uint8_t {
  durable,  ///< what the handler says may pass is tried again
  service   ///< as Event Grid's namespaces: not where nobody answered, nor where a webhook is not found
};

/// Whether an attempt that the handler would make again is the last one, in the profile `service`.
/// webhook: and not a resource of Azure, which is waited for.
constexpr bool is_given_up(const trellis_delivery_result& result, bool webhook) noexcept {
  switch (result.cause) {
    case TRELLIS_CAUSE_TIMED_OUT:
    case TRELLIS_CAUSE_SOCKET:
    case TRELLIS_CAUSE_RESOLUTION:
    case TRELLIS_CAUSE_FORBIDDEN:
    case TRELLIS_CAUSE_CANCELED:
      return result.code == 0;
    case TRELLIS_CAUSE_NOT_FOUND:
      return webhook && result.code == 404;
    default:
      return false;
  }
}

/// Whether a failure says that the endpoint is ill, and not that it does not want this event.
constexpr bool is_of_endpoint(std::uint32_t cause) noexcept {
  return cause != TRELLIS_CAUSE_BAD_REQUEST && cause != TRELLIS_CAUSE_TOO_LARGE && cause != TRELLIS_CAUSE_CANCELED;
}

}  // namespace events_service

/// How often keys are fetched, and who waits for them how long.
#pragma once

#include <chrono>
#include <cstddef>
#include <trellis/config.hpp>
#include <trellis/result.hpp>
#include <trellis/schema.hpp>

namespace jwks {

struct Settings {
  std::chrono::milliseconds refresh{3'600'000};     ///< after keys were fetched
  std::chrono::milliseconds stale{86'400'000};      ///< after keys were fetched they are dropped; 0: never
  std::chrono::milliseconds early_refresh{30'000};  ///< the least time between two fetches because of unknown keys
  std::chrono::milliseconds timeout{10'000};        ///< of one request
  std::chrono::milliseconds first_pause{1'000};     ///< after a failure; doubles with each further one
  std::chrono::milliseconds longest_pause{60'000};
  std::chrono::milliseconds wait{5'000};  ///< how long a question waits for keys
  std::size_t waiting = 256;              ///< questions that wait for one issuer's keys

  /// Adds the options of a plugin's configuration: keys_refresh_interval and so on.
  static trellis::Schema add_to(trellis::Schema schema);
  /// Fails in a sentence where options do not fit each other.
  static trellis::Result<Settings> read(const trellis::Config& config);
};

}  // namespace jwks

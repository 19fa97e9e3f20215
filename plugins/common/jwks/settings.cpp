#include "common/jwks/settings.hpp"

#include <utility>

namespace jwks {

trellis::Schema Settings::add_to(trellis::Schema schema) {
  return std::move(schema)
      .duration(
          "keys_refresh_interval",
          {.help = "How often an issuer's keys are fetched again.", .fallback = "1h", .minimum = "1m", .maximum = "7d"})
      .duration("keys_stale_for",
                {.help = "How long keys stay in use while their issuer does not answer, from when they "
                         "were fetched; longer than keys_refresh_interval. Afterwards its tokens "
                         "open nothing until it answers again. 0s: for ever.",
                 .fallback = "24h",
                 .minimum = "0s",
                 .maximum = "365d"})
      .duration(
          "keys_early_refresh_interval",
          {.help = "A token signed with an unknown key has the keys fetched again at once, but not more often than "
                   "this. Until then such tokens are refused.",
           .fallback = "30s",
           .minimum = "1s",
           .maximum = "1h"})
      .duration("keys_timeout", {.help = "How long an issuer may take to answer one request.",
                                 .fallback = "10s",
                                 .minimum = "100ms",
                                 .maximum = "1m"})
      .duration(
          "keys_longest_pause",
          {.help = "After a failed fetch the next one follows in a second, and the pause doubles up to this. In a "
                   "pause clients that need keys which are not there are refused as unavailable at once.",
           .fallback = "1m",
           .minimum = "1s",
           .maximum = "1h"})
      .duration("keys_wait", {.help = "How long a client waits for keys that are being fetched. Then it is refused: as "
                                      "unavailable where there are none at all.",
                              .fallback = "5s",
                              .minimum = "100ms",
                              .maximum = "30s"})
      .integer("keys_waiting_clients", {.help = "Most clients waiting for the keys of one issuer; further ones are "
                                                "refused at once.",
                                        .fallback = 256,
                                        .minimum = 1,
                                        .maximum = 10'000});
}

trellis::Result<Settings> Settings::read(const trellis::Config& config) {
  Settings settings;
  settings.refresh = config.milliseconds("keys_refresh_interval");
  settings.stale = config.milliseconds("keys_stale_for");
  // They would be dropped while nothing is wrong.
  if (settings.stale.count() > 0 && settings.stale <= settings.refresh) {
    return trellis::fail("/keys_stale_for: it is not longer than keys_refresh_interval");
  }
  settings.early_refresh = config.milliseconds("keys_early_refresh_interval");
  settings.timeout = config.milliseconds("keys_timeout");
  settings.longest_pause = config.milliseconds("keys_longest_pause");
  settings.wait = config.milliseconds("keys_wait");
  settings.waiting = static_cast<std::size_t>(config.integer("keys_waiting_clients"));
  return settings;
}

}  // namespace jwks

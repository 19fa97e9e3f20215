/// What a destination said, its consent above all, as it is kept beyond the process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace events_service {

struct KeptAnswer {
  std::string of;                  ///< stands for the destination that gave it
  std::string note;                ///< what the handler remembers it by; empty: nothing
  std::int64_t until_unix_ms = 0;  ///< it asked to be left alone until then

  /// Tells nothing of the destination, whose block may have secrets.
  static std::string fingerprint(std::string_view handler, std::string_view destination);
  std::string write() const { return of + ' ' + std::to_string(until_unix_ms) + '\n' + note; }
  static std::optional<KeptAnswer> read(std::string_view text);
};

}  // namespace events_service

/// The names of files with dead letters: UUIDs of version 7 (RFC 9562), which are in order of their time and say it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace events_service {

/// Makes them, each after the one before as long as the clock does not go back. Of one thread.
class LetterIds {
 public:
  std::string make(std::int64_t unix_ms);

 private:
  std::int64_t last_ms_ = -1;
  std::uint32_t count_ = 0;  // within that millisecond
};

/// The Unix time in milliseconds that such a name says; nothing where it is none, in small letters.
std::optional<std::int64_t> time_of_letter_id(std::string_view id) noexcept;

}  // namespace events_service

/// What files with dead letters hold. Somebody may have changed them: what comes out is JSON all the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <trellis/result.hpp>
#include <vector>

#include "common/events/intake.hpp"
#include "letter_place.hpp"

namespace events_service {

/// Blocks: of a thread that may, and of one alone.
class LetterReader {
 public:
  /// rules: those that events are published by.
  LetterReader(const LetterPlace& place, const events::IntakeRules& rules);

  struct Page {
    std::string from;          ///< an id; empty: from the oldest on
    std::uint32_t behind = 0;  ///< how many of that one are passed over
    std::uint32_t most = 100;  ///< letters
  };
  /// {"value": [{"id", "index", "event": {"id", "source", "type", "subject"?, "time"?}, "deadLetterProperties"}, …],
  /// "marker"?}: the oldest first. A file that cannot be read is one entry with "error".
  trellis::Result<std::string> list(std::string_view folder, const Page& page);
  /// {"id", "index", "event", "deadLetterProperties"}. Status::no_match where there is none.
  trellis::Result<std::string> show(std::string_view folder, std::string_view id, std::uint32_t index);
  /// The events of one file.
  trellis::Result<std::vector<std::string>> events(std::string_view folder, std::string_view id);

 private:
  trellis::Result<std::string> read(std::string_view folder, std::string_view id);
  std::optional<std::string> why_no_event(std::string_view json);

  const LetterPlace& place_;
  events::Intake intake_;
  std::size_t most_bytes_;
};

}  // namespace events_service
